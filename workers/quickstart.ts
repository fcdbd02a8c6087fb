#!/usr/bin/env node
/**
 * `npm run quickstart`, after set-up: the whole stack on free ports, the MNIST example cut to about three minutes, and
 * three disasters. `[--scheduler slurm|local|auto] [--directory DIR]`. Exit code 0 only if every trial completed and
 * each disaster really happened.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startStack } from './dev/stack.ts';
import { own, takeOver } from './quickstart/left-overs.ts';
import { runSweep } from './quickstart/run.ts';
import { freePorts, isFree } from './stack/ports.ts';

/** Trials checkpoint and leave within this, else the stack is stopped around them. Milliseconds. */
const LEAVE = 15_000;

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: {
      scheduler: { type: 'string', default: 'auto' },
      directory: { type: 'string', default: join('.temporal-sweep', 'quickstart') },
    },
  });
  const { scheduler } = values;
  if (scheduler !== 'auto' && scheduler !== 'slurm' && scheduler !== 'local') {
    console.error(`quickstart: --scheduler is auto, slurm or local, not "${scheduler}"`);
    return 2;
  }
  const directory = resolve(values.directory);
  const root = join(directory, 'sweeps');
  mkdirSync(root, { recursive: true, mode: 0o700 });

  await takeOver(directory);
  const port = await twoPorts();
  const stack = await startStack({ directory, root, port, uiPort: port + 1_000, scheduler, log: console.log });
  try {
    own(directory, stack.serverPid);
    signal.throwIfAborted();
    const running = runSweep({ stack, directory, root, port, signal });
    running.catch(() => {}); // a sweep watched while the stack is being stopped
    const late = new Promise<number>((done) => {
      signal.addEventListener('abort', () => setTimeout(() => done(130), LEAVE).unref());
    });
    return await Promise.race([running, late, stack.done.then(() => 1)]);
  } finally {
    await stack.stop();
  }
}

/** The Web UI's port is the other one and 1,000: so the command that looks at it again needs only one. */
async function twoPorts(): Promise<number> {
  for (;;) {
    const [port = 0] = await freePorts(1);
    if (await isFree(port + 1_000)) return port;
  }
}

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (!interrupted.signal.aborted) console.log('\nstopping: the sweep is cancelled, everything started is stopped');
    interrupted.abort();
  });
}
try {
  process.exitCode = await main(interrupted.signal);
} catch (error) {
  if (!interrupted.signal.aborted) console.error(error instanceof Error ? error.message : error);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}
await delay(0);
process.exit();
