/** What would break an exact resume without a word, found and refused with one (P5). */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';
import { TrainerFailed } from './failure.ts';

/** From now on tfjs's own training loops throw: their epochs and optimizers would be in no checkpoint. */
export function refuseFit(tf: TensorFlow): void {
  for (const name of ['fit', 'fitDataset', 'trainOnBatch'] as const) {
    const refuse = (): never => {
      throw new TrainerFailed(
        'TrainerError',
        `model.${name} cannot be used inside a trial: what it trains is in no checkpoint, and signals are not heard ` +
          'meanwhile. Give data, model, optimizer and loss to defineTrial, which trains batch by batch.',
      );
    };
    // A plain function: the error is thrown where the call stands, awaited or not.
    for (const { prototype } of [tf.LayersModel, tf.Sequential]) Object.assign(prototype, { [name]: refuse });
  }
}

/**
 * Optimizers match their slots to weights by position, so the trainable weights must stay the same.
 *
 * @returns a function to be called before every update. @throws TrainerFailed when `layer.trainable` was changed.
 */
export function watchTrainable(model: tfjs.LayersModel): (variables: readonly tfjs.Variable[]) => void {
  const names = model.trainableWeights.map((weight) => weight.read().id);
  const total = model.weights.length;
  return (variables) => {
    if (variables.length === names.length && variables.every(({ id }, index) => id === names[index])) return;
    throw new TrainerFailed(
      'TrainerError',
      `layer.trainable was changed during the training: ${variables.length} of ${total} weights are trainable now, ` +
        `${names.length} were at its beginning. The optimizer's state would go to other weights: set it in \`model\`.`,
    );
  };
}
