/** Three small trials that hold, between them, every kind of state. Layers are named: names are part of the bytes. */
import type { Optimizer } from '@tensorflow/tfjs';
import type { AnyTrial, Data, TensorFlow } from '../../../trainer/definition.ts';
import { cosine, type Metric, reduceOnPlateau, step, warmUp } from '../../../trainer/index.ts';

export const BATCH_SIZE = 8;
export const EPOCHS = 3;
const TRAINING = 44;
const VALIDATION = 20;

export const OPTIMIZERS: Readonly<Record<string, (tf: TensorFlow) => Optimizer>> = {
  SGD: (tf) => tf.train.sgd(0.05),
  momentum: (tf) => tf.train.momentum(0.05, 0.9),
  Nesterov: (tf) => tf.train.momentum(0.05, 0.9, true),
  RMSProp: (tf) => tf.train.rmsprop(0.01, 0.9, 0.5),
  Adagrad: (tf) => tf.train.adagrad(0.05),
  Adam: (tf) => tf.train.adam(0.01),
  Adamax: (tf) => tf.train.adamax(0.01),
  AdamW: (tf) => tf.train.adam(0.01),
};

export interface MatrixModel {
  readonly definition: AnyTrial;
  /** Batches of an epoch, and of its evaluation. */
  readonly batches: number;
  readonly evaluations: number;
}

/** Draws in evaluations too. */
const noise: Metric = (_labels, _outputs, tf) => tf.scalar(Math.random());

const common = {
  hyperparameters: { optimizer: 'SGD' },
  optimizer: ({ optimizer }, tf) => OPTIMIZERS[optimizer as string]!(tf),
  weightDecay: ({ optimizer }) => (optimizer === 'AdamW' ? 0.02 : 0),
  loss: 'softmaxCrossEntropy',
  metrics: ['accuracy', noise],
  epochs: EPOCHS,
  batchSize: BATCH_SIZE,
} satisfies Partial<AnyTrial>;

export function randomData(shape: readonly number[]): Data {
  const width = shape.reduce((a, b) => a * b, 1);
  const part = (examples: number) => ({
    inputs: { values: Float32Array.from({ length: examples * width }, () => Math.random() - 0.5), shape },
    labels: { values: Uint8Array.from({ length: examples }, () => Math.floor(Math.random() * 3)), shape: [] },
  });
  return { train: part(TRAINING), validation: part(VALIDATION) };
}

const convolution: AnyTrial = {
  ...common,
  data: () => randomData([6, 6, 1]),
  schedule: () => cosine(0.03, { min: 0.001 }),
  model: (_, tf) =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ name: 'conv', inputShape: [6, 6, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
        tf.layers.batchNormalization({ name: 'norm' }),
        tf.layers.flatten({ name: 'flat' }),
        tf.layers.dropout({ name: 'drop', rate: 0.25 }),
        tf.layers.dense({ name: 'out', units: 3, kernelRegularizer: 'l1l2' }),
      ],
    }),
};

const recurrent: AnyTrial = {
  ...common,
  data: () => randomData([3, 2]),
  dropLast: true,
  schedule: () => warmUp(4, step(0.05, { every: 2, factor: 0.5 })),
  model: (_, tf) =>
    tf.sequential({
      layers: [
        tf.layers.lstm({
          name: 'lstm',
          batchInputShape: [BATCH_SIZE, 3, 2],
          units: 4,
          stateful: true,
          returnSequences: true,
          dropout: 0.2,
        }),
        tf.layers.gru({ name: 'gru', units: 3, stateful: true }),
        tf.layers.dense({ name: 'out', units: 3 }),
      ],
    }),
};

/** Everything that has a state of its own. */
const perceptron: AnyTrial = {
  ...common,
  data: () => randomData([7]),
  schedule: () => reduceOnPlateau(cosine(0.05), { factor: 0.5, patience: 1, minDelta: 0.05 }),
  clip: { globalNorm: 0.2 },
  accumulate: 4,
  ema: 0.7,
  classWeights: [1, 0.5, 2],
  earlyStopping: { patience: Infinity, minDelta: 0.01, restoreBest: true },
  model: (_, tf) =>
    tf.sequential({
      layers: [
        tf.layers.dense({ name: 'hidden', inputShape: [7], units: 6, activation: 'relu' }),
        tf.layers.dropout({ name: 'drop', rate: 0.25 }),
        tf.layers.dense({ name: 'out', units: 3 }),
      ],
    }),
};

export const MODELS: Readonly<Record<string, MatrixModel>> = {
  'conv + batch norm + dropout': { definition: convolution, batches: 6, evaluations: 3 },
  'stateful LSTM and GRU': { definition: recurrent, batches: 5, evaluations: 2 },
  'MLP + clip + accumulate + ema + reduceOnPlateau + restoreBest': {
    definition: perceptron,
    batches: 6,
    evaluations: 3,
  },
};
