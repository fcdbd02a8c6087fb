/** Tensors that a checkpoint holds beside weights and optimizer: averages, partial sums, states (P5). */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';

/** @returns the tensor of that name, owned by the caller, or null when the checkpoint has none. */
export type ReadTensor = (name: string) => tfjs.Tensor | null;

export interface TensorState {
  /** Live tensors by their names in the checkpoint. */
  tensors(): Map<string, tfjs.Tensor>;
  /** Replaces everything by what was saved. */
  restore(read: ReadTensor): void;
}

export interface TensorList extends TensorState {
  values(): readonly tfjs.Tensor[];
  /** Takes the new tensors over and disposes the old ones. */
  replace(values: readonly tfjs.Tensor[]): void;
}

/** Starts empty. Names are `prefix/000`, `prefix/001` … */
export function createTensorList(tf: TensorFlow, prefix: string): TensorList {
  let current: readonly tfjs.Tensor[] = [];
  const replace = (values: readonly tfjs.Tensor[]): void => {
    for (const value of values) tf.keep(value);
    for (const value of current) value.dispose();
    current = values;
  };
  return {
    values: () => current,
    replace,
    tensors: () => nameTensors(prefix, current),
    restore: (read) => replace(readTensors(prefix, read)),
  };
}

export const nameTensors = (prefix: string, tensors: readonly tfjs.Tensor[]): Map<string, tfjs.Tensor> =>
  new Map(tensors.map((tensor, index) => [nameOf(prefix, index), tensor]));

/** All that are saved under the prefix. */
export function readTensors(prefix: string, read: ReadTensor): tfjs.Tensor[] {
  const found: tfjs.Tensor[] = [];
  for (;;) {
    const next = read(nameOf(prefix, found.length));
    if (next === null) return found;
    found.push(next);
  }
}

// --- internal ---

const nameOf = (prefix: string, index: number): string => `${prefix}/${String(index).padStart(3, '0')}`;
