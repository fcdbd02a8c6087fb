/** Two runs of one trial, bit for bit: rows in their order, then the final checkpoint, tensor by tensor. Pure. */
import type { EncodedNumber } from '../../trainer/codec.ts';
import type { Row } from '../../trainer/protocol.ts';
import { decodeSafeTensors, type StoredTensor } from '../../trainer/safetensors.ts';
import type { Difference } from './verdict.ts';

export interface RunResult {
  readonly rows: readonly Row[];
  /** The final checkpoint: a safetensors file. */
  readonly checkpoint: Uint8Array;
}

/** @returns the first difference of each kind, the earliest in the training first; empty: the runs are the same. */
export function compareRuns(expected: RunResult, got: RunResult): Difference[] {
  const [left, right] = [decode(expected.checkpoint), decode(got.checkpoint)];
  return [
    firstField('environment', left.environment, right.environment),
    firstRow(expected.rows, got.rows),
    firstTensor(left.tensors, right.tensors),
    firstField('state', left.state, right.state),
  ].filter((difference) => difference !== null);
}

// --- internal ---

interface Decoded {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly state: Readonly<Record<string, unknown>>;
}

function decode(file: Uint8Array): Decoded {
  const { tensors, metadata } = decodeSafeTensors(file);
  const { environment, ...state } = JSON.parse(metadata['state'] ?? '{}') as Record<string, unknown>;
  return { tensors, environment: (environment ?? {}) as Record<string, unknown>, state };
}

function firstField(
  kind: 'environment' | 'state',
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): Difference | null {
  for (const name of union(Object.keys(left), Object.keys(right))) {
    const [expected, got] = [text(left[name]), text(right[name])];
    if (expected !== got) return { kind, name, expected, got };
  }
  return null;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '(none)'));

function firstRow(expected: readonly Row[], got: readonly Row[]): Difference | null {
  for (let index = 0; index < Math.max(expected.length, got.length); index++) {
    const [left, right] = [expected[index], got[index]];
    const { epoch, step } = (left ?? right)!;
    const differ = (metric: string, a: EncodedNumber | undefined, b: EncodedNumber | undefined): Difference => ({
      kind: 'row',
      epoch,
      step,
      metric,
      expected: a ?? null,
      got: b ?? null,
    });
    if (left === undefined || right === undefined) return differ('epoch', left?.epoch, right?.epoch);
    for (const name of ['epoch', 'step'] as const)
      if (left[name] !== right[name]) return differ(name, left[name], right[name]);
    for (const name of union(Object.keys(left.metrics), Object.keys(right.metrics))) {
      if (left.metrics[name] !== right.metrics[name]) return differ(name, left.metrics[name], right.metrics[name]);
    }
  }
  return null;
}

function firstTensor(
  left: ReadonlyMap<string, StoredTensor>,
  right: ReadonlyMap<string, StoredTensor>,
): Difference | null {
  const names = union([...left.keys()], [...right.keys()]);
  const found = names.map((name) => compareTensors(left.get(name), right.get(name)));
  const index = found.findIndex((difference) => difference !== null);
  if (index < 0) return null;
  const tensors = [found.filter((difference) => difference !== null).length, names.length] as const;
  return { kind: 'tensor', name: names[index]!, ...found[index]!, tensors };
}

type TensorDifference = Omit<Extract<Difference, { kind: 'tensor' }>, 'kind' | 'name' | 'tensors'>;

function compareTensors(left: StoredTensor | undefined, right: StoredTensor | undefined): TensorDifference | null {
  const [expected, got] = [describe(left), describe(right)];
  if (expected !== got || left === undefined || right === undefined)
    return { element: -1, expected, got, differing: 0, elements: 0 };
  if (Buffer.compare(left.data, right.data) === 0) return null;
  const width = left.dtype === 'F32' || left.dtype === 'I32' ? 4 : 1;
  const elements = left.data.byteLength / width;
  let [element, differing] = [-1, 0];
  for (let index = 0; index < elements; index++) {
    if (equalAt(left.data, right.data, index * width, width)) continue;
    if (element < 0) element = index;
    differing += 1;
  }
  return { element, expected: valueAt(left, element), got: valueAt(right, element), differing, elements };
}

function equalAt(left: Uint8Array, right: Uint8Array, from: number, width: number): boolean {
  for (let at = from; at < from + width; at++) if (left[at] !== right[at]) return false;
  return true;
}

const describe = (tensor: StoredTensor | undefined): string =>
  tensor === undefined ? '(none)' : `${tensor.dtype} [${tensor.shape.join(', ')}]`;

function valueAt({ dtype, data }: StoredTensor, element: number): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (dtype === 'F32') return floatText(view.getFloat32(element * 4, true));
  return String(dtype === 'I32' ? view.getInt32(element * 4, true) : view.getUint8(element));
}

/** Nine digits tell any two floats of 32 bits apart. */
const floatText = (value: number): string => (Object.is(value, -0) ? '-0' : String(Number(value.toPrecision(9))));

const union = (left: readonly string[], right: readonly string[]): string[] => [...new Set([...left, ...right])];
