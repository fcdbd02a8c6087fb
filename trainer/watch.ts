/**
 * A script that runs by itself, watched by `temporal sweep verify`: everything it reports goes down an inherited
 * descriptor as JSON lines, and after one batch it stands still until a byte comes back, so that it can be struck there.
 */
import { readSync } from 'node:fs';
import { errorCode, writeAll } from './durable.ts';
import type { FromTrainer } from './protocol.ts';

export type FromWatched = FromTrainer | { readonly type: 'held'; readonly step: number };

/** The variables that `temporal sweep verify` sets. */
export const WATCH = {
  /** Number of the duplex descriptor. */
  descriptor: 'TEMPORAL_SWEEP_WATCH_FD',
  /** Step at which to stand still; absent: never. */
  hold: 'TEMPORAL_SWEEP_HOLD',
} as const;

export interface Watcher {
  tell(message: FromWatched): void;
  /** Called after every batch. Blocks the process once, at the first step that is not below the hold. */
  reached(step: number): void;
}

export function openWatcher(descriptor: number, hold: number | null): Watcher {
  let isPast = hold === null;
  const tell = (message: FromWatched): void => {
    try {
      writeAll(descriptor, Buffer.from(`${JSON.stringify(message)}\n`));
    } catch {
      // Nobody listens any more: the training is not to suffer.
    }
  };
  return {
    tell,
    reached: (step) => {
      if (isPast || step < hold!) return;
      isPast = true;
      tell({ type: 'held', step });
      waitForByte(descriptor);
    },
  };
}

// --- internal ---

const cell = new Int32Array(new SharedArrayBuffer(4));

function waitForByte(descriptor: number): void {
  for (;;) {
    try {
      readSync(descriptor, Buffer.alloc(1));
      return;
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') return;
      Atomics.wait(cell, 0, 0, 2);
    }
  }
}
