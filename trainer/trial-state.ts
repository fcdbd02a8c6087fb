/**
 * P5: what a checkpoint holds: model weights, the optimizer's raw slots, iterations, the random generator, the metric
 * sums of a cut epoch or evaluation, the position; and, where the trial has them, partial gradients, averaged and best
 * weights, recurrent states, what a plateau or early stopping has counted. Data order and pure schedules are functions of
 * (seed, epoch) and step.
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { RecordedEnvironment } from './backend.ts';
import { TrainerFailed } from './failure.ts';
import type { PreparedTrial } from './prepare.ts';
import { decodeProgress, encodeProgress, type Progress, type SavedProgress } from './progress.ts';
import type { RandomState } from './random.ts';
import { type Allocate, type Copying, decodeSafeTensors, type StoredTensor } from './safetensors.ts';
import { copyTensors, toTensor } from './stored-tensors.ts';
import type { TensorState } from './tensor-list.ts';
import { compareMarks, markOf, type TrialMark } from './trial-mark.ts';

/** `__metadata__.state` of the file, as JSON. */
interface SavedState extends SavedProgress {
  readonly version: 1;
  readonly random: RandomState;
  readonly optimizer: string;
  readonly iterations: number;
  readonly trial: TrialMark;
  readonly environment: RecordedEnvironment;
}

/** Everything as it is now, copied piece by piece into memory of `allocate` while the training goes on. */
export function snapshot(trial: PreparedTrial, progress: Progress, allocate?: Allocate): Copying {
  const state: SavedState = {
    version: 1,
    ...encodeProgress(progress),
    random: trial.generator.state(),
    optimizer: trial.access.className,
    iterations: trial.access.iterations(),
    trial: markOf(trial),
    environment: trial.environment,
  };
  const metadata = { format: 'temporal-sweep', state: JSON.stringify(state) };
  return copyTensors(tensorsOf(trial), metadata, allocate);
}

/** Puts everything back. @throws TrainerFailed `UnusableCheckpoint` when the file belongs to another model or trial. */
export function restore(
  trial: PreparedTrial,
  file: Uint8Array,
): { progress: Progress; environment: RecordedEnvironment } {
  const { tensors, state } = parse(file);
  const changed = compareMarks(state.trial, markOf(trial));
  if (changed !== null) throw unusable(changed);
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
  const read = (name: string): tfjs.Tensor | null => {
    const saved = tensors.get(name);
    return saved === undefined ? null : toTensor(trial, saved);
  };
  trial.access.restore(state.iterations, (name) => read(`optimizer/${name}`));
  trial.generator.restore(state.random);
  for (const extra of statesOf(trial)) extra.restore(read);
  return { progress: decodeProgress(state), environment: state.environment };
}

// --- internal ---

const unusable = (why: string): TrainerFailed => new TrainerFailed('UnusableCheckpoint', `unusable checkpoint: ${why}`);

const weightName = (index: number, name: string): string => `model/${String(index).padStart(3, '0')}/${name}`;

function* tensorsOf(trial: PreparedTrial): Generator<[name: string, tensor: tfjs.Tensor]> {
  for (const [index, weight] of trial.model.weights.entries())
    yield [weightName(index, weight.originalName), weight.read()];
  for (const [name, variable] of trial.access.variables()) yield [`optimizer/${name}`, variable];
  for (const extra of statesOf(trial)) yield* extra.tensors();
}

const statesOf = ({ rnn, accumulator, ema, best }: PreparedTrial): TensorState[] =>
  [rnn, accumulator, ema, best].filter((state) => state !== null);

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
