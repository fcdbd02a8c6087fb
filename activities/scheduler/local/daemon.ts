#!/usr/bin/env node
/**
 * The local scheduler's process: `daemon --socket PATH --state DIRECTORY [--nodes 4] [--cpus 2] [--grace SECONDS] …`.
 * Prints one line `ready` when it answers. SIGTERM or SIGINT: running jobs get SIGTERM and the grace time and are requeued
 * for the next start. Killed without warning, its jobs go on and the next daemon takes them over; what did not survive
 * is requeued.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { createCluster } from './cluster.ts';
import { DEFAULTS } from './model.ts';
import { isServed, serve } from './server.ts';

/** Bytes of a unix socket's path that every system takes. */
const LONGEST_PATH = 100;

const { values } = parseArgs({
  options: {
    socket: { type: 'string' },
    state: { type: 'string' },
    nodes: { type: 'string', default: String(DEFAULTS.nodes) },
    cpus: { type: 'string', default: String(DEFAULTS.cpusPerNode) },
    grace: { type: 'string', default: String(DEFAULTS.graceMs / 1_000) },
    'kill-wait': { type: 'string', default: String(DEFAULTS.killWaitMs / 1_000) },
    hold: { type: 'string', default: String(DEFAULTS.holdMs / 1_000) },
    remember: { type: 'string', default: String(DEFAULTS.rememberMs / 1_000) },
  },
});

const log = (message: string): void => console.error(`local scheduler: ${message}`);

function fail(message: string): never {
  log(message);
  process.exit(2);
}

const { socket, state } = values;
if (socket === undefined || state === undefined) fail('--socket PATH and --state DIRECTORY are needed');
if (Buffer.byteLength(socket) > LONGEST_PATH) fail(`the socket's path is longer than ${LONGEST_PATH} bytes: ${socket}`);

function number(name: 'nodes' | 'cpus' | 'grace' | 'kill-wait' | 'hold' | 'remember'): number {
  const value = Number(values[name]);
  if (!Number.isFinite(value) || value < 0) fail(`--${name} must be a number, not "${values[name]}"`);
  return value;
}

if (await isServed(socket)) fail(`another local scheduler answers at ${socket}`);
await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
const cluster = await createCluster(
  {
    directory: state,
    nodes: number('nodes'),
    cpusPerNode: number('cpus'),
    graceMs: number('grace') * 1_000,
    killWaitMs: number('kill-wait') * 1_000,
    holdMs: number('hold') * 1_000,
    rememberMs: number('remember') * 1_000,
  },
  log,
);
const server = await serve(socket, cluster, () => void stop(), log);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await cluster.stop();
  await server.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
console.log('ready');
