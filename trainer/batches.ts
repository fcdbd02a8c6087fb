/** Examples in typed arrays, and batches gathered from them: no tensor of the whole set, no op per batch. */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';

/** One value per example, row by row. Float32Array becomes a float32 tensor, the others int32. */
export interface Column {
  readonly values: Float32Array | Int32Array | Uint8Array;
  /** Shape of one example: `[28, 28, 1]`; `[]` for a class index. */
  readonly shape: readonly number[];
}

export interface Dataset {
  readonly inputs: Column;
  readonly labels: Column;
}

export const sizeOf = (column: Column): number => column.values.length / column.shape.reduce((a, b) => a * b, 1);

/** @throws RangeError when the columns do not hold the same whole number of examples, at least one. */
export function checkDataset(name: string, dataset: Dataset): number {
  const inputs = sizeOf(dataset.inputs);
  const labels = sizeOf(dataset.labels);
  if (Number.isInteger(inputs) && inputs > 0 && inputs === labels) return inputs;
  throw new RangeError(
    `data.${name}: inputs hold ${inputs} examples of shape [${dataset.inputs.shape.join(', ')}] and labels ${labels} ` +
      `of shape [${dataset.labels.shape.join(', ')}]; both must hold the same whole number, at least 1`,
  );
}

/** The examples `order[from … to)` as one tensor; without an order, those of the column itself. */
export function gather(
  tf: TensorFlow,
  column: Column,
  order: Uint32Array | null,
  from: number,
  to: number,
): tfjs.Tensor {
  const width = column.shape.reduce((a, b) => a * b, 1);
  const isFloat = column.values instanceof Float32Array;
  // The tensor may share this memory with the native library: a fresh array for every batch, never a recycled one.
  const values = isFloat ? new Float32Array((to - from) * width) : new Int32Array((to - from) * width);
  if (order === null) values.set(column.values.subarray(from * width, to * width));
  else if (width === 1) for (let row = from; row < to; row++) values[row - from] = column.values[order[row]!]!;
  else {
    for (let row = from; row < to; row++) {
      const source = order[row]! * width;
      values.set(column.values.subarray(source, source + width), (row - from) * width);
    }
  }
  return tf.tensor(values, [to - from, ...column.shape], isFloat ? 'float32' : 'int32');
}
