/** The daemon's door: a unix socket that only its owner may use. */
import { rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Cluster } from './cluster.ts';
import type { Answer, Call } from './messages.ts';

export interface Server {
  close(): Promise<void>;
}

/** @throws when another daemon answers at that path. */
export async function serve(
  path: string,
  cluster: Cluster,
  onStop: () => void,
  log: (message: string) => void,
): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const lines = createInterface({ input: socket });
    lines.on('error', () => {}); // readline repeats the socket's
    lines.on('line', (line) => {
      void answer(cluster, onStop, line).then((result) => socket.end(JSON.stringify(result) + '\n'));
    });
  });
  await rm(path, { force: true });
  const mask = process.umask(0o077);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(mask);
  }
  server.on('error', (error) => log(String(error)));
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function answer(cluster: Cluster, onStop: () => void, line: string): Promise<Answer> {
  try {
    return { result: await dispatch(cluster, onStop, JSON.parse(line) as Call) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function dispatch(cluster: Cluster, onStop: () => void, call: Call): Promise<unknown> {
  switch (call.method) {
    case 'submit':
      return cluster.submit(call.request, call.environment);
    case 'stop':
      onStop();
      return null;
    case 'list':
      return cluster.list();
    case 'requeue':
    case 'release':
    case 'cancel':
      return cluster[call.method](call.jobId);
    default:
      throw new Error(`unknown call: ${JSON.stringify(call)}`);
  }
}

/** Whether a daemon answers at that path. */
export function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const end = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
