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
import { type Allocate, type Copying, decodeSafeTensors, encodeInPieces, type StoredTensor } from './safetensors.ts';
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

/**
 * Everything as it is now, copied piece by piece into memory of `allocate` while the training goes on: tfjs's tensors never
 * change, a variable is only given another one, so that holding them is enough.
 */
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
  const tensors = new Map<string, StoredTensor>();
  const held: tfjs.Tensor[] = [];
  const hold = (name: string, tensor: tfjs.Tensor): void => {
    const own = tensor.clone();
    held.push(own);
    tensors.set(name, toStored(own));
  };
  for (const [index, weight] of trial.model.weights.entries()) {
    hold(weightName(index, weight.originalName), weight.read());
  }
  for (const [name, variable] of trial.access.variables()) hold(`optimizer/${name}`, variable);
  for (const extra of statesOf(trial)) {
    for (const [name, tensor] of extra.tensors()) hold(name, tensor);
  }
  const metadata = { format: 'temporal-sweep', state: JSON.stringify(state) };
  return releasing(held, encodeInPieces({ tensors, metadata }, allocate));
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

/** What may be the tensor's own memory is fetched, one tensor at a time, when it is copied into the file. */
export function toStored(tensor: tfjs.Tensor): StoredTensor {
  const { dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new TrainerFailed(
      'TrainerError',
      `weights of dtype ${dtype} cannot be checkpointed: use float32, int32 or bool`,
    );
  }
  return {
    dtype: dtype === 'float32' ? 'F32' : dtype === 'int32' ? 'I32' : 'BOOL',
    shape: tensor.shape,
    get data() {
      return bytesOf(tensor);
    },
    ...(tensor.size > PIECE && { pieces: () => piecesOf(tensor) }),
  };
}

/** Elements that are fetched at once: 4 MB take about a millisecond. */
const PIECE = 1 << 20;

function* piecesOf(tensor: tfjs.Tensor): Generator<Uint8Array> {
  const flat = tensor.reshape([-1]);
  try {
    for (let from = 0; from < tensor.size; from += PIECE) {
      const piece = flat.slice([from], [Math.min(PIECE, tensor.size - from)]);
      try {
        yield bytesOf(piece);
      } finally {
        piece.dispose();
      }
    }
  } finally {
    flat.dispose();
  }
}

function bytesOf(tensor: tfjs.Tensor): Uint8Array {
  const values = tensor.dataSync();
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function* releasing(held: readonly tfjs.Tensor[], copying: Copying): Copying {
  try {
    return yield* copying;
  } finally {
    for (const tensor of held) tensor.dispose();
  }
}

/** Copies: a tensor may go on sharing the memory it was made from. */
export function toTensor({ tf }: Pick<PreparedTrial, 'tf'>, { dtype, shape, data }: StoredTensor): tfjs.Tensor {
  const bytes = new Uint8Array(data).buffer;
  if (dtype === 'F32') return tf.tensor(new Float32Array(bytes), [...shape], 'float32');
  if (dtype === 'I32') return tf.tensor(new Int32Array(bytes), [...shape], 'int32');
  return tf.tensor(new Uint8Array(bytes), [...shape], 'bool');
}
