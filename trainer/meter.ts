/**
 * Sums of losses and metrics over an epoch, exact and resumable. Scalars stay on the device until someone asks: reading
 * each batch's loss at once would stall a GPU. When they are read does not change the sums.
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { Metrics } from './codec.ts';

export interface Meter {
  /** Takes the scalars over. @param weight examples of the batch */
  add(scalars: readonly tfjs.Scalar[], weight: number): void;
  /** Reads what is pending. */
  drain(): void;
}

export interface Sums {
  sums: number[];
  summed: number;
}

/** Scalars are read at the latest after so many batches, so that memory stays small. */
const PENDING_LIMIT = 64;

export function createMeter(into: Sums): Meter {
  let pending: { scalars: readonly tfjs.Scalar[]; weight: number }[] = [];
  const drain = (): void => {
    for (const { scalars, weight } of pending) {
      for (const [index, scalar] of scalars.entries()) {
        into.sums[index] = (into.sums[index] ?? 0) + scalar.dataSync()[0]! * weight;
        scalar.dispose();
      }
      into.summed += weight;
    }
    pending = [];
  };
  return {
    add: (scalars, weight) => {
      pending.push({ scalars, weight });
      if (pending.length >= PENDING_LIMIT) drain();
    },
    drain,
  };
}

/** Means over examples, named. */
export const meansOf = ({ sums, summed }: Sums, names: readonly string[], prefix = ''): Metrics =>
  Object.fromEntries(names.map((name, index) => [prefix + name, (sums[index] ?? 0) / summed]));
