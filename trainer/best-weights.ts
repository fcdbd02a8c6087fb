/** A copy of all weights as they were evaluated after the best epoch, batch normalisation's statistics included. */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';
import { createTensorList, type TensorState } from './tensor-list.ts';

export interface BestWeights extends TensorState {
  /** The model's present weights are the best. */
  take(): void;
  /** The best weights into the model; without any, nothing changes. */
  apply(): void;
}

export function createBestWeights(tf: TensorFlow, model: tfjs.LayersModel): BestWeights {
  const best = createTensorList(tf, 'best');
  return {
    ...best,
    take: () => best.replace(model.weights.map((weight) => weight.read().clone())),
    apply: () => {
      for (const [index, value] of best.values().entries())
        (model.weights[index]!.read() as tfjs.Variable).assign(value);
    },
  };
}
