/** From a definition, hyperparameters and a seed to everything the loop works on. Runs the user's code, writes nothing. */
import type * as tfjs from '@tensorflow/tfjs';
import { type Accumulator, createAccumulator } from './accumulate.ts';
import type { Backend, RecordedEnvironment } from './backend.ts';
import { planBatches } from './batch-plan.ts';
import { checkDataset } from './batches.ts';
import { type BestWeights, createBestWeights } from './best-weights.ts';
import { weighByClass } from './class-weights.ts';
import type { AnyTrial, Data, TensorFlow } from './definition.ts';
import { createEma, type Ema } from './ema.ts';
import { lossOf, type Loss, type Metric, metricsOf } from './objectives.ts';
import { accessOptimizer, type OptimizerAccess } from './optimizers.ts';
import { resolveOptions, type TrainingOptions, wholeNumber } from './options.ts';
import type { ReduceOnPlateau } from './plateau.ts';
import type { Hyperparameters } from './protocol.ts';
import { createGenerator, type Generator, replaceMathRandom } from './random.ts';
import { refuseFit, watchTrainable } from './refusals.ts';
import { accessRnnState, type RnnState } from './rnn-state.ts';
import type { Schedule } from './schedules.ts';

/** What changes beside weights and optimizer; null where the definition or the model has no use for it. */
export interface TrainingStates {
  readonly rnn: RnnState | null;
  readonly accumulator: Accumulator | null;
  readonly ema: Ema | null;
  readonly best: BestWeights | null;
}

export interface PreparedTrial extends TrainingStates {
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
  readonly plateau: ReduceOnPlateau | null;
  /** Of evaluations. */
  readonly loss: Loss;
  /** The same, by class weights where there are any. */
  readonly trainingLoss: Loss;
  readonly metrics: readonly { readonly name: string; readonly metric: Metric }[];
  readonly epochs: number;
  readonly batchSize: number;
  /** Batches of an epoch. */
  readonly batches: number;
  /** Examples that an evaluation goes through; 0 without validation data. */
  readonly validationExamples: number;
  readonly options: TrainingOptions;
  /** @throws TrainerFailed when other weights are trainable than at the beginning. */
  checkTrainable(variables: readonly tfjs.Variable[]): void;
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
  refuseFit(tf);
  const data = await definition.data(hyperparameters, tf);
  const examples = checkDataset('train', data.train);
  const validation = data.validation === undefined ? 0 : checkDataset('validation', data.validation);
  const model = await definition.model(hyperparameters, tf);
  const optimizer = definition.optimizer(hyperparameters, tf);
  const batchSize = count('batchSize', definition.batchSize, hyperparameters);
  const metrics = metricsOf(definition.metrics ?? []);
  const options = resolveOptions(definition, hyperparameters, namesOfRows(metrics, validation > 0));
  const { shape } = model.outputs[0]!;
  const loss = lossOf(definition.loss);
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
    ...scheduleOf(definition.schedule?.(hyperparameters) ?? null),
    loss,
    trainingLoss:
      options.classWeights === null ? loss : weighByClass(definition.loss, options.classWeights, shape.at(-1) ?? null),
    metrics,
    epochs: count('epochs', definition.epochs, hyperparameters),
    batchSize,
    ...planBatches(examples, validation, batchSize, options.dropLast, model.inputs[0]!.shape[0] ?? null),
    options,
    checkTrainable: watchTrainable(model),
    ...createStates(tf, model, options),
    shuffle: definition.shuffle ?? true,
    checkpointMilliseconds:
      (input.checkpointSeconds ?? definition.checkpointSeconds ?? DEFAULT_CHECKPOINT_SECONDS) * 1000,
  };
}

// --- internal ---

const count = (name: string, given: number | ((h: Hyperparameters) => number), h: Hyperparameters): number =>
  wholeNumber(name, typeof given === 'function' ? given(h) : given);

const namesOfRows = (metrics: PreparedTrial['metrics'], isValidated: boolean): string[] => {
  const names = ['loss', ...metrics.map(({ name }) => name)];
  return isValidated ? [...names, ...names.map((name) => `val_${name}`)] : names;
};

const scheduleOf = (given: Schedule | ReduceOnPlateau | null): Pick<PreparedTrial, 'schedule' | 'plateau'> =>
  given === null || typeof given === 'function'
    ? { schedule: given, plateau: null }
    : { schedule: given.schedule, plateau: given };

function createStates(tf: TensorFlow, model: tfjs.LayersModel, options: TrainingOptions): TrainingStates {
  const { accumulate, ema: decay, earlyStopping } = options;
  return {
    rnn: accessRnnState(tf, model),
    accumulator: accumulate > 1 ? createAccumulator(tf) : null,
    ema: decay === null ? null : createEma(tf, model, decay),
    best: earlyStopping?.restoreBest === true ? createBestWeights(tf, model) : null,
  };
}
