/**
 * P5: an exponential moving average of the trainable weights: evaluated after every epoch, and at the end the model's own
 * weights. Training goes on with the raw ones. Moving statistics of batch normalisation stay as they are.
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';
import { createTensorList, type TensorState } from './tensor-list.ts';

export interface Ema extends TensorState {
  /** After an update of the weights. The first one is the average's beginning. */
  update(): void;
  /** Averages into the model, raw weights aside. */
  swapIn(): void;
  /** Raw weights into the model again. */
  swapOut(): void;
}

/** @param decay share of the old average that each update keeps: 0.999 averages over some 1,000 updates. */
export function createEma(tf: TensorFlow, model: tfjs.LayersModel, decay: number): Ema {
  const averages = createTensorList(tf, 'ema');
  const raw = createTensorList(tf, 'raw');
  const variables = (): tfjs.Variable[] => model.trainableWeights.map((weight) => weight.read() as tfjs.Variable);
  const assign = (values: readonly tfjs.Tensor[]): void => {
    for (const [index, variable] of variables().entries()) variable.assign(values[index]!);
  };
  return {
    ...averages,
    update: () => {
      const before = averages.values();
      const next = tf.tidy(() =>
        variables().map((weight, index) =>
          before.length === 0 ? weight.clone() : before[index]!.mul(decay).add(weight.mul(1 - decay)),
        ),
      );
      averages.replace(next);
    },
    swapIn: () => {
      raw.replace(variables().map((weight) => weight.clone()));
      assign(averages.values());
    },
    swapOut: () => {
      assign(raw.values());
      raw.replace([]);
    },
  };
}
