/** From a batch's gradients to new weights: accumulate, clip, decay, step, average, in this order. */
import type * as tfjs from '@tensorflow/tfjs';
import { groupEndingAt } from './accumulate.ts';
import { clipGradients } from './clip.ts';
import type { PreparedTrial } from './prepare.ts';

/**
 * Takes the gradients over.
 *
 * @param gradients by the position of their variables; undefined for one that the loss does not depend on
 * @param batch index of the batch in its epoch
 */
export function applyBatch(
  trial: PreparedTrial,
  variables: readonly tfjs.Variable[],
  gradients: readonly (tfjs.Tensor | undefined)[],
  batch: number,
): void {
  const { tf, accumulator, options } = trial;
  const count = groupEndingAt(batch, trial.batches, options.accumulate);
  if (accumulator === null && options.clip === null) return update(trial, variables, gradients);
  let ready = gradients.map((gradient, index) => gradient ?? tf.zerosLike(variables[index]!));
  if (accumulator !== null) {
    accumulator.add(ready);
    if (count === 0) return;
    ready = accumulator.take(count);
  }
  update(trial, variables, options.clip === null ? ready : clipGradients(tf, ready, options.clip));
}

// --- internal ---

function update(
  trial: PreparedTrial,
  variables: readonly tfjs.Variable[],
  gradients: readonly (tfjs.Tensor | undefined)[],
): void {
  const { tf, optimizer, access, options } = trial;
  if (options.weightDecay > 0) {
    const kept = 1 - access.learningRate() * options.weightDecay;
    tf.tidy(() => {
      for (const variable of variables) variable.assign(variable.mul(kept));
    });
  }
  // By position: the optimizer's slots have the order of this list.
  optimizer.applyGradients(variables.map(({ name }, index) => ({ name, tensor: gradients[index]! })));
  tf.dispose(gradients as tfjs.Tensor[]);
  trial.ema?.update();
}
