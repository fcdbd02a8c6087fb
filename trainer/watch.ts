/**
 * A script that runs by itself, watched by `temporal sweep verify`: everything it reports goes down an inherited
 * descriptor as JSON lines, and at one place it stands still until a byte comes back, so that it can be struck there.
 */
import { readSync } from 'node:fs';
import { type CheckpointStore, openCheckpointStore } from './checkpoint-files.ts';
import { errorCode, writeAll } from './durable.ts';
import type { FromTrainer } from './protocol.ts';
import { createWriteHold, release, untilHeld } from './write-hold.ts';

/** What a script does while it is struck: train, evaluate, write a checkpoint. */
export type Place = 'batch' | 'evaluation' | 'checkpoint';

export interface Hold {
  readonly place: Place;
  /** Batches trained; the first occasion that is not before it. */
  readonly step: number;
  /** `evaluation`: its n-th batch; `checkpoint`: the n-th file-system call of the write; from 1. */
  readonly nth: number;
}

export type FromWatched =
  | FromTrainer
  | { readonly type: 'held'; readonly step: number; readonly place: Place }
  /** After every batch of an evaluation, unless there is a hold. */
  | { readonly type: 'evaluated'; readonly step: number };

/** The variables that `temporal sweep verify` sets. */
export const WATCH = {
  /** Number of the duplex descriptor. */
  descriptor: 'TEMPORAL_SWEEP_WATCH_FD',
  /** A {@link Hold} as JSON; absent: none. */
  hold: 'TEMPORAL_SWEEP_HOLD',
} as const;

export interface Watcher {
  tell(message: FromWatched): void;
  /** Called after every batch. Blocks the process once, where the hold is. */
  reached(step: number, place: Exclude<Place, 'checkpoint'>): void;
  /** As `openCheckpointStore`; where the hold is in a write, both the write and the training stand still there. */
  openStore(segmentDirectory: string): CheckpointStore;
}

export function openWatcher(descriptor: number, hold: Hold | null): Watcher {
  let isPast = hold === null;
  let evaluated = 0;
  const tell = (message: FromWatched): void => {
    try {
      writeAll(descriptor, Buffer.from(`${JSON.stringify(message)}\n`));
    } catch {
      // Nobody listens any more: the training is not to suffer.
    }
  };
  const standStill = (step: number, place: Place): void => {
    isPast = true;
    tell({ type: 'held', step, place });
    waitForByte(descriptor);
  };
  return {
    tell,
    reached: (step, place) => {
      if (hold === null && place === 'evaluation') tell({ type: 'evaluated', step });
      if (isPast || hold === null || hold.place === 'checkpoint' || step < hold.step) return;
      if (place === 'evaluation') evaluated += 1;
      if (hold.place === 'evaluation' && (place !== 'evaluation' || evaluated < hold.nth)) return;
      standStill(step, place);
    },
    openStore: (segmentDirectory) => {
      if (hold?.place !== 'checkpoint') return openCheckpointStore(segmentDirectory);
      const write = createWriteHold(hold.step, hold.nth);
      const store = openCheckpointStore(segmentDirectory, write);
      return {
        ...store,
        save: async (take, request) => {
          let step = 0;
          const taken = await store.save(take, () => {
            const wanted = request();
            ({ step } = wanted.at);
            return wanted;
          });
          if (isPast || step < hold.step || !(await untilHeld(write, taken.durable))) return taken;
          standStill(step, 'checkpoint');
          release(write);
          return taken;
        },
      };
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
