/** Losses and metrics by name. Labels are class indices (int32, one rank less than the outputs) or like the outputs. */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';

/** @returns a scalar: the mean over the batch. */
export type Loss = (labels: tfjs.Tensor, outputs: tfjs.Tensor, tf: TensorFlow) => tfjs.Scalar;
export type Metric = Loss;
export type LossName = keyof typeof LOSSES;
export type MetricName = keyof typeof METRICS;

const LOSSES = {
  /** Outputs are logits. */
  softmaxCrossEntropy: (labels, outputs, tf) => tf.losses.softmaxCrossEntropy(oneHot(labels, outputs, tf), outputs),
  /** Outputs are logits. */
  sigmoidCrossEntropy: (labels, outputs, tf) => tf.losses.sigmoidCrossEntropy(labels, outputs),
  meanSquaredError: (labels, outputs, tf) => tf.losses.meanSquaredError(labels, outputs),
  absoluteDifference: (labels, outputs, tf) => tf.losses.absoluteDifference(labels, outputs),
} satisfies Record<string, Loss>;

const METRICS = {
  /** Share of examples whose largest output is that of their class. */
  accuracy: (labels, outputs, tf) => {
    const expected = labels.rank < outputs.rank ? labels.toInt() : labels.argMax(-1);
    return tf.mean(tf.cast(tf.equal(outputs.argMax(-1), expected), 'float32'));
  },
} satisfies Record<string, Metric>;

export const lossOf = (loss: LossName | Loss): Loss =>
  typeof loss === 'function' ? loss : named('loss', LOSSES, loss);

/** @throws RangeError on a function without a name, on `loss` and `lr`, which every row has, and on a name used twice. */
export function metricsOf(metrics: readonly (MetricName | Metric)[]): { name: string; metric: Metric }[] {
  const entries = metrics.map((metric) =>
    typeof metric === 'function'
      ? { name: metric.name, metric }
      : { name: metric, metric: named('metric', METRICS, metric) },
  );
  for (const [index, { name }] of entries.entries()) {
    const taken = ['', 'loss', 'lr'].includes(name) || entries.findIndex((entry) => entry.name === name) !== index;
    if (taken)
      throw new RangeError(`metrics[${index}] is called "${name}": give it a name of its own, other than loss and lr`);
  }
  return entries;
}

// --- internal ---

export function oneHot(labels: tfjs.Tensor, outputs: tfjs.Tensor, tf: TensorFlow): tfjs.Tensor {
  return labels.rank < outputs.rank ? tf.oneHot(labels.toInt(), outputs.shape.at(-1)!) : labels;
}

function named<T>(kind: string, table: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found !== undefined) return found;
  throw new RangeError(
    `unknown ${kind} "${name}": use ${Object.keys(table).join(', ')}, or a function (labels, outputs, tf)`,
  );
}
