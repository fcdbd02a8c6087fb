/** A checkpoint of a script with its own loop: the tensors of everything tracked, and the rest as JSON. */
import type * as tfjs from '@tensorflow/tfjs';
import type { RecordedEnvironment } from './backend.ts';
import type { EncodedMetrics } from './codec.ts';
import { TrainerFailed } from './failure.ts';
import type { Hyperparameters } from './protocol.ts';
import type { RandomState } from './random.ts';
import { type Allocate, type Copying, decodeSafeTensors, type StoredTensor } from './safetensors.ts';
import { copyTensors } from './stored-tensors.ts';
import type { Json, Tracked } from './tracked.ts';

/** Finished batches of all epochs, finished epochs, finished batches of the epoch under way. */
export interface Position {
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
}

export interface CheckpointerState extends Position {
  /** Rows written, and the newest one's metrics. */
  readonly rows: number;
  readonly metrics: EncodedMetrics;
  readonly random: RandomState;
  /** What must be the same for a position to mean the same batch. */
  readonly trial: { readonly seed: number; readonly hyperparameters: Hyperparameters };
  readonly environment: RecordedEnvironment;
}

/** `__metadata__.state`, as JSON. */
interface SavedState extends CheckpointerState {
  readonly version: 1;
  readonly tracked: Readonly<Record<string, { readonly kind: string; readonly state: Json }>>;
}

/** Everything as it is now, copied piece by piece into memory of `allocate` while the loop goes on. */
export function copyCheckpoint(
  state: CheckpointerState,
  tracked: ReadonlyMap<string, Tracked>,
  allocate?: Allocate,
): Copying {
  const tensors: [string, tfjs.Tensor][] = [];
  const states: Record<string, { kind: string; state: Json }> = {};
  for (const [name, thing] of tracked) {
    const saved = thing.save();
    for (const [own, tensor] of saved.tensors) tensors.push([`${name}/${own}`, tensor]);
    states[name] = { kind: thing.kind, state: saved.state };
  }
  const content: SavedState = { version: 1, ...state, tracked: states };
  return copyTensors(tensors, { format: 'temporal-sweep', state: JSON.stringify(content) }, allocate);
}

/** Puts everything tracked back. @throws TrainerFailed `UnusableCheckpoint` when the script now is another one. */
export function restoreCheckpoint(
  file: Uint8Array,
  trial: CheckpointerState['trial'],
  tracked: ReadonlyMap<string, Tracked>,
): CheckpointerState {
  const { tensors, state } = parse(file);
  for (const name of ['seed', 'hyperparameters'] as const) {
    const [then, now] = [canonical(state.trial[name]), canonical(trial[name])];
    if (then !== now) throw unusable(`it was made with ${name} ${then}, now it is ${now}: use another directory`);
  }
  const [was, is] = [Object.keys(state.tracked).toSorted(), [...tracked.keys()].toSorted()];
  if (was.join() !== is.join()) throw unusable(`it tracks ${was.join(', ')}, the script now ${is.join(', ')}`);
  for (const [name, thing] of tracked) {
    const saved = state.tracked[name]!;
    if (saved.kind !== thing.kind) throw unusable(`${name} was of kind ${saved.kind}, now it is ${thing.kind}`);
    const prefix = `${name}/`;
    const own = [...tensors].filter(([full]) => full.startsWith(prefix));
    thing.load(new Map(own.map(([full, tensor]) => [full.slice(prefix.length), tensor])), saved.state);
  }
  return state;
}

// --- internal ---

const unusable = (why: string): TrainerFailed => new TrainerFailed('UnusableCheckpoint', `unusable checkpoint: ${why}`);

function parse(file: Uint8Array): { tensors: ReadonlyMap<string, StoredTensor>; state: SavedState } {
  try {
    const { tensors, metadata } = decodeSafeTensors(file);
    const state = JSON.parse(metadata['state'] ?? 'null') as Partial<SavedState> | null;
    if (state?.version !== 1 || state.tracked === undefined)
      throw new TypeError('it is not that of a script with its own loop');
    return { tensors, state: state as SavedState };
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
}

/** JSON with names in order, so that equal values have equal texts. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : entry,
  );
