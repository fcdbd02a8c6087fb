/** How long batches and checkpoints of this segment have taken: what a deadline is weighed against. Never in a row (P5). */
import type { Measured } from './leave.ts';

export interface Pace extends Measured {
  batch(seconds: number): void;
  write(seconds: number): void;
}

const BATCHES = 50;
const WRITES = 8;
/** Of the last batches, so that one in twenty may be slower: a garbage collection, a busy node. */
const QUANTILE = 0.95;

export function createPace(): Pace {
  const batches: number[] = [];
  const writes: number[] = [];
  let next = 0;
  return {
    batch: (seconds) => {
      batches[next] = seconds;
      next = (next + 1) % BATCHES;
    },
    write: (seconds) => {
      writes.push(seconds);
      if (writes.length > WRITES) writes.shift();
    },
    get batchSeconds() {
      const sorted = batches.toSorted((a, b) => a - b);
      return sorted[Math.ceil(QUANTILE * sorted.length) - 1] ?? 0;
    },
    get writeSeconds() {
      return Math.max(0, ...writes);
    },
  };
}
