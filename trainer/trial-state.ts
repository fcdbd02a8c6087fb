/**
 * P5: what a checkpoint holds: model weights, the optimizer's raw slots, iterations, the random generator, the metric
 * sums of a cut epoch, the position. The data order and the schedule are functions of (seed, epoch) and step.
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { RecordedEnvironment } from './backend.ts';
import { decodeNumber, type EncodedMetrics, type EncodedNumber, encodeNumber } from './codec.ts';
import { TrainerFailed } from './failure.ts';
import type { PreparedTrial } from './prepare.ts';
import type { Hyperparameters } from './protocol.ts';
import type { RandomState } from './random.ts';
import { decodeSafeTensors, encodeSafeTensors, type StoredTensor } from './safetensors.ts';

/** Where the training is, and what the epoch under way has summed up. Mutated by the loop alone. */
export interface Progress {
  step: number;
  /** Finished epochs. */
  epoch: number;
  /** Finished batches of the epoch under way; equal to all of them while it is being evaluated. */
  batch: number;
  /** Per metric, `loss` first: sum over examples, in double precision, added in the order of the batches. */
  sums: number[];
  /** Examples in `sums`. */
  summed: number;
  /** The newest row's metrics. */
  metrics: EncodedMetrics;
}

/** `__metadata__.state` of the file, as JSON. */
interface SavedState {
  readonly version: 1;
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  readonly sums: EncodedNumber[];
  readonly summed: number;
  readonly metrics: EncodedMetrics;
  readonly random: RandomState;
  readonly optimizer: string;
  readonly iterations: number;
  readonly trial: TrialMark;
  readonly environment: RecordedEnvironment;
}

/** What must be the same for a position to mean the same batch. */
interface TrialMark {
  readonly seed: number;
  readonly hyperparameters: Hyperparameters;
  readonly examples: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly metrics: readonly string[];
  readonly shuffle: boolean;
}

export function snapshot(trial: PreparedTrial, progress: Progress): Buffer {
  const state: SavedState = {
    version: 1,
    step: progress.step,
    epoch: progress.epoch,
    batch: progress.batch,
    sums: progress.sums.map(encodeNumber),
    summed: progress.summed,
    metrics: progress.metrics,
    random: trial.generator.state(),
    optimizer: trial.access.className,
    iterations: trial.access.iterations(),
    trial: markOf(trial),
    environment: trial.environment,
  };
  const tensors = new Map<string, StoredTensor>();
  for (const [index, weight] of trial.model.weights.entries()) {
    tensors.set(weightName(index, weight.originalName), toStored(weight.read()));
  }
  for (const [name, variable] of trial.access.variables()) tensors.set(`optimizer/${name}`, toStored(variable));
  return encodeSafeTensors({ tensors, metadata: { format: 'temporal-sweep', state: JSON.stringify(state) } });
}

/** Puts everything back. @throws TrainerFailed `UnusableCheckpoint` when the file belongs to another model or trial. */
export function restore(
  trial: PreparedTrial,
  file: Uint8Array,
): { progress: Progress; environment: RecordedEnvironment } {
  const { tensors, state } = parse(file);
  compareMarks(state.trial, markOf(trial));
  if (state.optimizer !== trial.access.className) {
    throw unusable(`it was made with the optimizer ${state.optimizer}, the script now uses ${trial.access.className}`);
  }
  const { weights } = trial.model;
  const stored = [...tensors.keys()].filter((name) => name.startsWith('model/')).sort();
  if (stored.length !== weights.length) {
    throw unusable(`it holds ${stored.length} weights, the model has ${weights.length}`);
  }
  for (const [index, weight] of weights.entries()) {
    const name = stored[index]!;
    const saved = tensors.get(name)!;
    if (String(saved.shape) !== String(weight.shape)) {
      throw unusable(`${name} has shape [${saved.shape.join(', ')}], the model wants [${weight.shape.join(', ')}]`);
    }
    const values = toTensor(trial, saved);
    // Not weight.write(): that would apply a constraint a second time.
    (weight.read() as tfjs.Variable).assign(values);
    values.dispose();
  }
  trial.access.restore(state.iterations, (name) => {
    const saved = tensors.get(`optimizer/${name}`);
    return saved === undefined ? null : toTensor(trial, saved);
  });
  trial.generator.restore(state.random);
  const { step, epoch, batch, summed, metrics } = state;
  const progress = { step, epoch, batch, sums: state.sums.map(decodeNumber), summed, metrics };
  return { progress, environment: state.environment };
}

// --- internal ---

const unusable = (why: string): TrainerFailed => new TrainerFailed('UnusableCheckpoint', `unusable checkpoint: ${why}`);

const weightName = (index: number, name: string): string => `model/${String(index).padStart(3, '0')}/${name}`;

const markOf = ({
  seed,
  hyperparameters,
  examples,
  batchSize,
  epochs,
  metrics,
  shuffle,
}: PreparedTrial): TrialMark => ({
  seed,
  hyperparameters,
  examples,
  batchSize,
  epochs,
  metrics: metrics.map(({ name }) => name),
  shuffle,
});

function compareMarks(before: TrialMark, now: TrialMark): void {
  for (const name of Object.keys(now) as (keyof TrialMark)[]) {
    const [then, here] = [JSON.stringify(sorted(before[name])), JSON.stringify(sorted(now[name]))];
    if (then !== here) throw unusable(`it was made with ${name} ${then}, now it is ${here}: use another directory`);
  }
}

/** Objects with their names in order, so that equal ones have equal JSON. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function parse(file: Uint8Array): { tensors: ReadonlyMap<string, StoredTensor>; state: SavedState } {
  try {
    const { tensors, metadata } = decodeSafeTensors(file);
    const state = JSON.parse(metadata['state'] ?? 'null') as SavedState | null;
    if (state?.version !== 1) throw new TypeError(`its state has version ${String(state?.version)}, known is 1`);
    return { tensors, state };
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
}

/** A view of what may be the tensor's own memory: it is copied into the file at once. */
export function toStored(tensor: tfjs.Tensor): StoredTensor {
  const { dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new TrainerFailed(
      'TrainerError',
      `weights of dtype ${dtype} cannot be checkpointed: use float32, int32 or bool`,
    );
  }
  const values = tensor.dataSync();
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: dtype === 'float32' ? 'F32' : dtype === 'int32' ? 'I32' : 'BOOL', shape: tensor.shape, data };
}

/** Copies: a tensor may go on sharing the memory it was made from. */
export function toTensor({ tf }: Pick<PreparedTrial, 'tf'>, { dtype, shape, data }: StoredTensor): tfjs.Tensor {
  const bytes = new Uint8Array(data).buffer;
  if (dtype === 'F32') return tf.tensor(new Float32Array(bytes), [...shape], 'float32');
  if (dtype === 'I32') return tf.tensor(new Int32Array(bytes), [...shape], 'int32');
  return tf.tensor(new Uint8Array(bytes), [...shape], 'bool');
}
