/** What each training option does, in numbers. That it survives a cut is in `exact-matrix.test.ts`. */
import type * as tfjs from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { groupEndingAt } from '../../trainer/accumulate.ts';
import { type Backend, loadBackend } from '../../trainer/backend.ts';
import { clipGradients } from '../../trainer/clip.ts';
import type { AnyTrial } from '../../trainer/definition.ts';
import { type Column, constant } from '../../trainer/index.ts';
import { train } from '../../trainer/loop.ts';
import { type PreparedTrial, prepareTrial } from '../../trainer/prepare.ts';
import { decodeSafeTensors } from '../../trainer/safetensors.ts';
import { trainBatch } from '../../trainer/step.ts';
import { hasNativeBackend } from './support/fake-agent.ts';
import { runInProcess } from './support/in-process.ts';
import { MODELS, randomData } from './support/matrix-trials.ts';

if (!hasNativeBackend) console.warn('NOT TESTED on libtensorflow: its addon is not built (npm test builds it)');

const plain: AnyTrial = {
  hyperparameters: {},
  data: () => randomData([4]),
  model: (_, tf) => tf.sequential({ layers: [tf.layers.dense({ name: 'out', inputShape: [4], units: 3 })] }),
  optimizer: (_, tf) => tf.train.sgd(0.1),
  loss: 'softmaxCrossEntropy',
  epochs: 4,
  batchSize: 8,
  shuffle: false,
};

describe.runIf(hasNativeBackend)('training options', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await loadBackend();
  });
  const prepare = (options: Partial<AnyTrial>): Promise<PreparedTrial> =>
    prepareTrial({ ...plain, ...options }, { hyperparameters: {}, seed: 7, checkpointSeconds: null }, backend);
  const run = (options: Partial<AnyTrial>) => runInProcess(backend, { ...plain, ...options }, {});
  const kernelOf = ({ model }: PreparedTrial): number[] => [...model.weights[0]!.read().dataSync()];
  const step = (trial: PreparedTrial, batch: number): void => {
    for (const scalar of trainBatch(trial, null, batch)) scalar.dispose();
  };
  const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6) as unknown);

  it('weightDecay shrinks weights by learning rate times decay, beside the update', async () => {
    const [without, decayed] = [await prepare({}), await prepare({ weightDecay: () => 0.5 })];
    const before = kernelOf(without);
    step(without, 0);
    step(decayed, 0);
    const updated = kernelOf(without);
    expect(kernelOf(decayed)).toEqual(near(updated.map((value, index) => value - 0.1 * 0.5 * before[index]!)));
  });

  it('clip: per element, per tensor, all together; what is below the limit keeps its bits', () => {
    const { tf } = backend;
    const clipped = (clip: Parameters<typeof clipGradients>[2]) =>
      clipGradients(tf, [tf.tensor1d([3, -4]), tf.tensor1d([0, 12])], clip).map((tensor) => [...tensor.dataSync()]);
    expect(clipped({ value: 3.5 })).toEqual([
      [3, -3.5],
      [0, 3.5],
    ]);
    expect(clipped({ norm: 6 })).toEqual([
      [3, -4],
      [0, 6],
    ]);
    expect(clipped({ globalNorm: 6.5 })).toEqual([
      [1.5, -2],
      [0, 6],
    ]);
    expect(clipped({ globalNorm: 13.5 })).toEqual([
      [3, -4],
      [0, 12],
    ]);
  });

  it('accumulate: two batches are one of double size, and wait for each other', async () => {
    const [twice, whole] = [await prepare({ accumulate: 2, batchSize: 4 }), await prepare({})];
    const before = kernelOf(twice);
    step(twice, 0);
    expect(kernelOf(twice)).toEqual(before);
    step(twice, 1);
    step(whole, 0);
    expect(kernelOf(twice)).toEqual(near(kernelOf(whole)));
    expect(kernelOf(twice)).not.toEqual(before);
  });

  it('accumulate: every batch of an epoch is in exactly one group', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 60 }), (batches, accumulate) => {
        const groups = Array.from({ length: batches }, (_, batch) => groupEndingAt(batch, batches, accumulate));
        expect(groups.reduce((a, b) => a + b)).toBe(batches);
        expect(groups.at(-1)).toBeGreaterThan(0);
        expect(Math.max(...groups)).toBeLessThanOrEqual(accumulate);
      }),
    );
  });

  it('ema: averages the weights after each update, from the first on', async () => {
    const trial = await prepare({ ema: 0.75 });
    step(trial, 0);
    let average = kernelOf(trial);
    for (const batch of [1, 2, 3]) {
      step(trial, batch);
      const raw = kernelOf(trial);
      average = average.map((value, index) => 0.75 * value + 0.25 * raw[index]!);
    }
    const raw = kernelOf(trial);
    trial.ema!.swapIn();
    expect(kernelOf(trial)).toEqual(near(average));
    trial.ema!.swapOut();
    expect(kernelOf(trial)).toEqual(raw);
  });

  it('ema: rows are evaluated with the average, and the final model is the average', async () => {
    const [averaged, raw] = [await run({ ema: 0.9 }), await run({})];
    expect(averaged.rows.map(({ metrics }) => metrics['loss'])).toEqual(raw.rows.map(({ metrics }) => metrics['loss']));
    expect(averaged.rows[0]!.metrics['val_loss']).not.toBe(raw.rows[0]!.metrics['val_loss']);
    const { tensors } = decodeSafeTensors(averaged.bytes);
    expect(tensors.get('model/000/out/kernel')).toEqual(tensors.get('ema/000'));
  });

  it('earlyStopping ends a trial that no longer improves, and a resume knows', async () => {
    const definition = { schedule: () => constant(0), epochs: 9, earlyStopping: { patience: 2 } };
    const stopped = await run(definition);
    expect(stopped.outcome).toMatchObject({ status: 'completed', epoch: 3 });
    const messages: unknown[] = [];
    const again = await train(await prepare(definition), {
      checkpoint: stopped.bytes,
      files: null,
      notice: { current: () => null, give: () => {} },
      report: (message) => void messages.push(message.type),
    });
    expect(again).toEqual(stopped.outcome);
    expect(messages).toEqual(['started']);
  });

  it('restoreBest: the final weights and metrics are those of the best epoch, by monitor and goal', async () => {
    // The learning rate goes wrong after the second epoch.
    const schedule = () => (position: { epoch: number }) => (position.epoch < 2 ? 0.05 : 20);
    const early = await run({ schedule, epochs: 2 });
    const restored = await run({
      schedule,
      epochs: 9,
      earlyStopping: { patience: 2, restoreBest: true },
      monitor: 'loss',
    });
    const losses = restored.rows.map(({ metrics }) => Number(metrics['loss']));
    expect(restored.outcome).toMatchObject({ status: 'completed', epoch: 4, metrics: restored.rows[1]!.metrics });
    expect(Math.min(...losses)).toBe(losses[1]);
    const [mine, theirs] = [restored.bytes, early.bytes].map((bytes) => decodeSafeTensors(bytes).tensors);
    expect(mine!.get('model/000/out/kernel')).toEqual(theirs!.get('model/000/out/kernel'));
    const maximized = await run({ ...{ schedule, goal: 'maximize', monitor: 'loss' }, earlyStopping: { patience: 9 } });
    const { metadata } = decodeSafeTensors(maximized.bytes);
    expect(JSON.parse(metadata['state']!)).toMatchObject({
      stopping: { best: Math.max(...maximized.rows.map(({ metrics }) => Number(metrics['loss']))) },
    });
  });

  it('classWeights count in the training loss alone', async () => {
    const still = { schedule: () => constant(0), epochs: 1 };
    const [one, two] = [await run(still), await run({ ...still, classWeights: [2, 2, 2] })];
    const loss = (given: typeof one, name: string) => Number(given.rows[0]!.metrics[name]);
    expect(loss(two, 'loss')).toBeCloseTo(2 * loss(one, 'loss'), 5);
    expect(loss(two, 'val_loss')).toBe(loss(one, 'val_loss'));
  });

  it('classWeights weigh each example by its class, with labels of either form', async () => {
    const { tf } = backend;
    const value = (trial: PreparedTrial, labels: tfjs.Tensor, outputs: tfjs.Tensor) =>
      trial.trainingLoss(labels, outputs, tf).dataSync()[0]!;
    const { trainingLoss, loss } = await prepare({ classWeights: [1, 10, 0] });
    const outputs = tf.tensor2d([1, 2, 3, 0, 1, 0], [2, 3]);
    const single = (row: number, label: number) =>
      loss(tf.tensor1d([label], 'int32'), outputs.slice([row, 0], [1, 3]), tf).dataSync()[0]!;
    const expected = (1 * single(0, 0) + 10 * single(1, 1)) / 2;
    const softmax = { trainingLoss } as PreparedTrial;
    expect(value(softmax, tf.tensor1d([0, 1], 'int32'), outputs)).toBeCloseTo(expected, 5);
    expect(value(softmax, tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3]), outputs)).toBeCloseTo(expected, 5);
    const sigmoid = await prepare({ loss: 'sigmoidCrossEntropy', classWeights: [1, 3] });
    // Of outputs of zero every label costs ln 2.
    expect(value(sigmoid, tf.tensor2d([0, 1], [2, 1]), tf.zeros([2, 1]))).toBeCloseTo(2 * Math.LN2, 5);
  });

  it('dropLast leaves the smaller last batch out', async () => {
    expect((await prepare({})).batches).toBe(6);
    const dropped = await run({ dropLast: true, epochs: 1 });
    expect(dropped.outcome).toMatchObject({ step: 5 });
    expect(dropped.rows[0]!.metrics['val_loss']).toEqual(expect.any(Number));
  });

  it('recurrent states begin every epoch and every evaluation at zero', async () => {
    const model: AnyTrial['model'] = (_, tf) =>
      tf.sequential({
        layers: [
          tf.layers.bidirectional({
            name: 'both',
            batchInputShape: [8, 3, 2],
            layer: tf.layers.simpleRNN({ name: 'rnn', units: 2, stateful: true }) as tfjs.RNN,
            mergeMode: 'concat',
          }),
          tf.layers.dense({ name: 'out', units: 3 }),
        ],
      });
    const still = { model, dropLast: true, schedule: () => constant(0) };
    const { rows, bytes } = await run({ ...still, data: () => randomData([3, 2]) });
    // Nothing is learnt: epochs differ only by what states they begin with.
    expect(new Set(rows.map(({ metrics }) => JSON.stringify(metrics))).size).toBe(1);
    // Other training examples leave other states behind, which must not reach the evaluation.
    const fewer = await run({
      ...still,
      data: () => {
        const { train, ...others } = randomData([3, 2]);
        const cut = ({ values, shape }: Column, length: number) => ({ values: values.slice(0, length), shape });
        return { train: { inputs: cut(train.inputs, 8 * 6), labels: cut(train.labels, 8) }, ...others };
      },
    });
    expect(fewer.rows[0]!.metrics['loss']).not.toBe(rows[0]!.metrics['loss']);
    expect(fewer.rows[0]!.metrics['val_loss']).toBe(rows[0]!.metrics['val_loss']);
    const state = decodeSafeTensors(bytes).tensors.get('rnn/001')!;
    expect(state.shape).toEqual([8, 2]);
    expect(new Float32Array(new Uint8Array(state.data).buffer).some((value) => value !== 0)).toBe(true);
  });

  it.each(Object.entries(MODELS))('no tensors leak: %s', async (_, { definition }) => {
    const { messages } = await runInProcess(backend, { ...definition, epochs: 4 }, { optimizer: 'Adam' });
    const memory = messages.flatMap((message) => (message.type === 'row' ? [message.memory!] : []));
    // Slots, averages and best weights exist after the first epoch. At the end the raw weights are put aside.
    expect(memory[2]!.tensors).toBe(memory[1]!.tensors);
    expect(memory[0]!.rss).toBeGreaterThan(1_000_000);
    expect(messages.filter(({ type }) => type === 'warning')).toEqual([]);
  });

  it('tensors that pile up give one warning', async () => {
    const { tf } = backend;
    const leak: tfjs.Scalar[] = [];
    function leaking(): tfjs.Scalar {
      leak.push(tf.keep(tf.scalar(1)));
      return tf.scalar(0);
    }
    const { messages } = await run({ metrics: [leaking], epochs: 7 });
    tf.dispose(leak);
    const warnings = messages.filter((message) => message.type === 'warning');
    expect(warnings).toMatchObject([{ message: expect.stringMatching(/^tensors leak: 3 epochs in a row/) as unknown }]);
  });
});
