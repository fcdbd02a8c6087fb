/** Gradients of several batches, one update: a larger batch than memory holds. The partial sums are checkpointed (P5). */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';
import { createTensorList, type TensorState } from './tensor-list.ts';

export interface Accumulator extends TensorState {
  /** Takes the gradients over. */
  add(gradients: readonly tfjs.Tensor[]): void;
  /** The mean of `count` batches' gradients, owned by the caller; the sums are empty again. */
  take(count: number): tfjs.Tensor[];
}

export function createAccumulator(tf: TensorFlow): Accumulator {
  const sums = createTensorList(tf, 'accumulated');
  return {
    ...sums,
    add: (gradients) => {
      const before = sums.values();
      if (before.length === 0) return sums.replace(gradients);
      sums.replace(before.map((sum, index) => sum.add(gradients[index]!)));
      tf.dispose([...gradients]);
    },
    take: (count) => {
      const means = sums.values().map((sum) => sum.div(count));
      sums.replace([]);
      return means;
    },
  };
}

/**
 * @param batch index of a batch in its epoch
 * @returns how many batches the update after it covers; 0: no update yet. An epoch's last group may be smaller.
 */
export function groupEndingAt(batch: number, batches: number, accumulate: number): number {
  const members = (batch % accumulate) + 1;
  return members === accumulate || batch + 1 === batches ? members : 0;
}
