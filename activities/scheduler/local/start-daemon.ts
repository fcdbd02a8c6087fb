/** Starts the local scheduler as a process of its own, or finds the one that a former stack left running. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exchange } from './scheduler.ts';
import { isServed } from './server.ts';

export interface LocalDaemonOptions {
  /** Its state and log. */
  readonly directory: string;
  /** Virtual nodes. Default 4. */
  readonly nodes?: number;
  /** CPUs of each. Default 2. */
  readonly cpusPerNode?: number;
  /** Seconds from SIGTERM to the end of a preempted job. Default 10. */
  readonly graceSeconds?: number;
  /** Seconds from the last SIGTERM to SIGKILL. Default 5. */
  readonly killWaitSeconds?: number;
  /** The daemon's own environment; jobs get that of their submitter. Default: this process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface LocalDaemon {
  readonly socket: string;
  /** Null when it was running already. */
  readonly pid: number | null;
  /** Ends its jobs with grace, then the daemon. */
  stop(): Promise<void>;
}

/** Milliseconds. */
const READY = 15_000;

/** @throws when the daemon does not answer in time, with the place of its log. */
export async function startLocalDaemon(options: LocalDaemonOptions): Promise<LocalDaemon> {
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const socket = socketPath(directory);
  if (await isServed(socket)) return { socket, pid: null, stop: () => stopServed(socket) };
  const log = openSync(join(directory, 'daemon.log'), 'a', 0o600);
  const child = spawn(process.execPath, [...loader(), entry, ...flags(options, socket, directory)], {
    detached: true, // a Ctrl-C of the terminal is for the stack, which then stops its parts in order
    stdio: ['ignore', log, log],
    ...(options.environment === undefined ? {} : { env: { ...options.environment } }),
  });
  closeSync(log);
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', () => done());
  });
  let running = true;
  void ended.then(() => (running = false));
  const until = Date.now() + READY;
  while (!(await isServed(socket))) {
    if (!running || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`The local scheduler did not start; its log is ${join(directory, 'daemon.log')}`);
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  return {
    socket,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const entry = fileURLToPath(new URL(`./daemon.${extension}`, import.meta.url));
/** Node 20 runs TypeScript through tsx only; a built package needs no loader. */
const loader = (): string[] => (extension === 'ts' ? ['--import', import.meta.resolve('tsx')] : []);

async function stopServed(socket: string): Promise<void> {
  await exchange(socket, { method: 'stop' }, READY);
  while (await isServed(socket)) await new Promise((done) => setTimeout(done, 50));
}

/** A unix socket's path is short by nature: one that is too long is replaced by one in the temporary directory. */
function socketPath(directory: string): string {
  const path = join(directory, 'socket');
  if (Buffer.byteLength(path) <= 100) return path;
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  return join(tmpdir(), `temporal-sweep-${name}`, 'socket');
}

function flags(options: LocalDaemonOptions, socket: string, directory: string): string[] {
  const given = {
    socket,
    state: directory,
    nodes: options.nodes,
    cpus: options.cpusPerNode,
    grace: options.graceSeconds,
    'kill-wait': options.killWaitSeconds,
  };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}
