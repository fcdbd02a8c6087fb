/**
 * A checkpoint's write that stands still between two file-system calls, for `temporal sweep verify` to strike there: its
 * thread waits on shared memory, the training waits until it does.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { Saved } from './writer-thread.ts';

export interface WriteHold {
  /** The first save of this step or a later one. */
  readonly step: number;
  /** Before its n-th file-system call, from 1; beyond its last, those of the next save are counted on. */
  readonly nth: number;
  readonly memory: SharedArrayBuffer;
}

export const createWriteHold = (step: number, nth: number): WriteHold => ({
  step,
  nth,
  memory: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
});

/** Waits for a save that was ordered. @returns whether it stands still now; else it is durable, or has failed. */
export async function untilHeld(hold: WriteHold, durable: Promise<Saved>): Promise<boolean> {
  let isOver = false;
  void durable.then(() => void (isOver = true));
  while (!isOver && stateOf(hold) === MOVING) await delay(1);
  return stateOf(hold) === HELD;
}

export function release({ memory }: WriteHold): void {
  const cell = new Int32Array(memory);
  Atomics.store(cell, 0, RELEASED);
  Atomics.notify(cell, 0);
}

/** In the thread that writes: puts itself between it and the file system. @returns to be called before each save, with its step. */
export function obeyHold({ step, nth, memory }: WriteHold): (at: number) => void {
  const cell = new Int32Array(memory);
  let isCounting = false;
  let calls = 0;
  const files = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of CALLS) {
    const original = files[name]!;
    files[name] = (...args) => {
      if (isCounting && ++calls === nth) {
        Atomics.store(cell, 0, HELD);
        Atomics.wait(cell, 0, HELD);
      }
      return original(...args);
    };
  }
  syncBuiltinESMExports();
  return (at) => void (isCounting ||= at >= step);
}

// --- internal ---

const [MOVING, HELD, RELEASED] = [0, 1, 2];

/** Those that change a disk. */
const CALLS = ['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync', 'unlinkSync', 'mkdirSync', 'rmSync'];

const stateOf = ({ memory }: WriteHold): number => Atomics.load(new Int32Array(memory), 0);
