/** From a definition, hyperparameters and a seed to everything the loop works on. Runs the user's code, writes nothing. */
import type * as tfjs from '@tensorflow/tfjs';
import type { Backend, RecordedEnvironment } from './backend.ts';
import { checkDataset } from './batches.ts';
import type { AnyTrial, Data, TensorFlow } from './definition.ts';
import { lossOf, type Loss, type Metric, metricsOf } from './objectives.ts';
import { accessOptimizer, type OptimizerAccess } from './optimizers.ts';
import type { Hyperparameters } from './protocol.ts';
import { createGenerator, type Generator, replaceMathRandom } from './random.ts';
import type { Schedule } from './schedules.ts';

export interface PreparedTrial {
  readonly tf: TensorFlow;
  readonly environment: RecordedEnvironment;
  readonly warnings: readonly string[];
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  readonly generator: Generator;
  readonly data: Data;
  /** Training examples. */
  readonly examples: number;
  readonly model: tfjs.LayersModel;
  readonly optimizer: tfjs.Optimizer;
  readonly access: OptimizerAccess;
  readonly schedule: Schedule | null;
  readonly loss: Loss;
  readonly metrics: readonly { readonly name: string; readonly metric: Metric }[];
  readonly epochs: number;
  readonly batchSize: number;
  /** Batches of an epoch. */
  readonly batches: number;
  readonly shuffle: boolean;
  readonly checkpointMilliseconds: number;
}

export interface TrialInput {
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  /** Overrides the definition's; null: the definition's, else 30. */
  readonly checkpointSeconds: number | null;
}

const DEFAULT_CHECKPOINT_SECONDS = 30;

export async function prepareTrial(definition: AnyTrial, input: TrialInput, backend: Backend): Promise<PreparedTrial> {
  const { tf } = backend;
  const { hyperparameters, seed } = input;
  const generator = createGenerator(seed);
  // P5: before any of the user's functions runs, so that initialisers draw from the trial's seed.
  replaceMathRandom(generator);
  const data = await definition.data(hyperparameters, tf);
  const examples = checkDataset('train', data.train);
  if (data.validation !== undefined) checkDataset('validation', data.validation);
  const model = await definition.model(hyperparameters, tf);
  const optimizer = definition.optimizer(hyperparameters, tf);
  const batchSize = count('batchSize', definition.batchSize, hyperparameters);
  return {
    ...backend,
    hyperparameters,
    seed,
    generator,
    data,
    examples,
    model,
    optimizer,
    access: accessOptimizer(tf, optimizer),
    schedule: definition.schedule?.(hyperparameters) ?? null,
    loss: lossOf(definition.loss),
    metrics: metricsOf(definition.metrics ?? []),
    epochs: count('epochs', definition.epochs, hyperparameters),
    batchSize,
    batches: Math.ceil(examples / batchSize),
    shuffle: definition.shuffle ?? true,
    checkpointMilliseconds:
      (input.checkpointSeconds ?? definition.checkpointSeconds ?? DEFAULT_CHECKPOINT_SECONDS) * 1000,
  };
}

function count(name: string, given: number | ((h: Hyperparameters) => number), h: Hyperparameters): number {
  const value = typeof given === 'function' ? given(h) : given;
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${name} is ${String(value)}: it must be a whole number from 1 on`);
}
