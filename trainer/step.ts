/** One batch: forward, loss, gradients, update. And one batch of an evaluation. */
import type * as tfjs from '@tensorflow/tfjs';
import { type Dataset, gather } from './batches.ts';
import type { PreparedTrial } from './prepare.ts';
import { applyBatch } from './update.ts';

/**
 * @param batch index in the epoch
 * @returns loss and metrics of the batch before its update, as scalars that the caller disposes.
 */
export function trainBatch(trial: PreparedTrial, order: Uint32Array | null, batch: number): tfjs.Scalar[] {
  const { tf, model, data } = trial;
  const { from, to } = batchRange(trial, batch);
  const inputs = gather(tf, data.train.inputs, order, from, to);
  const labels = gather(tf, data.train.labels, order, from, to);
  const variables = model.trainableWeights.map((weight) => weight.read() as tfjs.Variable);
  trial.checkTrainable(variables);
  const kept: tfjs.Scalar[] = [];
  const { value, grads } = tf.variableGrads(() => {
    const outputs = model.apply(inputs, { training: true }) as tfjs.Tensor;
    kept.push(...trial.metrics.map(({ metric }) => tf.keep(metric(labels, outputs, tf))));
    const loss = trial.trainingLoss(labels, outputs, tf);
    return model.calculateLosses().reduce((sum, penalty) => sum.add(penalty), loss);
  }, variables);
  applyBatch(
    trial,
    variables,
    variables.map(({ name }) => grads[name]),
    batch,
  );
  trial.rnn?.endBatch();
  tf.dispose([inputs, labels]);
  return [value, ...kept];
}

/** The examples `[from, to)` of a batch, by their places in the epoch's order. */
export function batchRange({ batchSize, examples }: PreparedTrial, batch: number): { from: number; to: number } {
  const from = batch * batchSize;
  return { from, to: Math.min(from + batchSize, examples) };
}

/** @returns loss and metrics of the examples `[from, to)`, as scalars that the caller disposes. */
export function evaluateBatch(trial: PreparedTrial, dataset: Dataset, from: number, to: number): tfjs.Scalar[] {
  const { tf, model } = trial;
  return tf.tidy(() => {
    const inputs = gather(tf, dataset.inputs, null, from, to);
    const labels = gather(tf, dataset.labels, null, from, to);
    const outputs = model.apply(inputs, { training: false }) as tfjs.Tensor;
    const penalties = model.calculateLosses();
    const loss = penalties.reduce((sum, penalty) => sum.add(penalty), trial.loss(labels, outputs, tf));
    return [loss, ...trial.metrics.map(({ metric }) => metric(labels, outputs, tf))];
  });
}
