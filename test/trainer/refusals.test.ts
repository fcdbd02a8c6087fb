/** What is refused, and in which words. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Backend, loadBackend } from '../../trainer/backend.ts';
import { planBatches } from '../../trainer/batch-plan.ts';
import type { AnyTrial } from '../../trainer/definition.ts';
import { reduceOnPlateau } from '../../trainer/index.ts';
import { prepareTrial } from '../../trainer/prepare.ts';
import { trainBatch } from '../../trainer/step.ts';
import { restore } from '../../trainer/trial-state.ts';
import { hasNativeBackend } from './support/fake-agent.ts';
import { runInProcess } from './support/in-process.ts';
import { randomData } from './support/matrix-trials.ts';

const plain: AnyTrial = {
  hyperparameters: {},
  data: () => randomData([4]),
  model: (_, tf) =>
    tf.sequential({
      layers: [
        tf.layers.dense({ name: 'hidden', inputShape: [4], units: 3 }),
        tf.layers.dense({ name: 'out', units: 3 }),
      ],
    }),
  optimizer: (_, tf) => tf.train.sgd(0.1),
  loss: 'softmaxCrossEntropy',
  epochs: 1,
  batchSize: 8,
};

describe('batches', () => {
  it('plans whole and partial ones', () => {
    expect(planBatches(44, 20, 8, false, null)).toEqual({ batches: 6, validationExamples: 20 });
    expect(planBatches(44, 20, 8, true, null)).toEqual({ batches: 5, validationExamples: 20 });
    expect(planBatches(44, 20, 8, true, 8)).toEqual({ batches: 5, validationExamples: 16 });
    expect(planBatches(40, 0, 8, false, 8)).toEqual({ batches: 5, validationExamples: 0 });
  });

  it.each([
    [44, 20, 7, true, 8, /batchSize is 7, but the model's input shape demands batches of 8/],
    [44, 20, 8, false, 8, /no multiples of that: set dropLast/],
    [40, 20, 8, false, 8, /20 validation examples/],
    [44, 6, 8, true, 8, /6 validation examples are fewer than one batch of 8/],
    [6, 0, 8, true, null, /dropLast leaves no batch/],
  ])('%d examples, %d to validate, batches of %d, dropLast %s, fixed %s', (n, v, size, drop, fixed, words) => {
    expect(() => planBatches(n, v, size, drop, fixed)).toThrow(words);
  });
});

describe.runIf(hasNativeBackend)('refusals', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await loadBackend();
  });
  const prepare = (options: Partial<AnyTrial>) =>
    prepareTrial({ ...plain, ...options }, { hyperparameters: {}, seed: 7, checkpointSeconds: null }, backend);

  const wrong: [Partial<AnyTrial>, RegExp][] = [
    [{ weightDecay: -1 }, /^weightDecay is -1: it must be a number from 0 on$/],
    [{ weightDecay: () => Number.NaN }, /^weightDecay is NaN/],
    [{ clip: { norm: 0 } }, /^clip is {"norm":0}: it must be { value }, { norm } or { globalNorm }/],
    [{ clip: { value: 1, norm: 1 } as never }, /with one positive number$/],
    [{ accumulate: 1.5 }, /^accumulate is 1.5: it must be a whole number from 1 on$/],
    [{ ema: 1 }, /^ema is 1: it must be a number in \[0, 1\), such as 0.999$/],
    [{ monitor: 'val_acc' }, /^monitor is "val_acc": rows will hold loss, val_loss$/],
    [{ goal: 'max' as never }, /^goal is "max": it must be minimize or maximize$/],
    [{ earlyStopping: { patience: 0 } }, /^earlyStopping.patience is 0: it must be a whole number from 1 on$/],
    [{ earlyStopping: { patience: 1, minDelta: -1 } }, /^earlyStopping.minDelta is -1/],
    [{ classWeights: [1, 2] }, /^classWeights are \[1, 2\]: they must be 3 numbers from 0 on, one per class$/],
    [{ classWeights: [1, 2, 3], loss: 'meanSquaredError' }, /the loss is meanSquaredError$/],
    [{ schedule: () => reduceOnPlateau(0.1, { factor: 1 }) }, /factor is 1, it must lie in \(0, 1\)$/],
    [{ optimizer: (_, tf) => tf.train.adadelta(0.1) }, /^Adadelta cannot be used: tfjs's Adadelta computes plain SGD/],
    [{ optimizer: (_, tf) => tf.train.rmsprop(0.1, 0.9, 0, 1e-7, true) }, /^centered RMSProp cannot be used/],
  ];
  it.each(wrong)('%o', async (options, words) => {
    await expect(prepare(options)).rejects.toThrow(words);
  });

  it('null stands for an option that is not given', async () => {
    const { options } = await prepare({ clip: null, ema: () => null, accumulate: null, earlyStopping: () => null });
    expect(options).toMatchObject({ clip: null, ema: null, accumulate: 1, earlyStopping: null });
  });

  it('a learning rate that is no number', async () => {
    const failing = runInProcess(backend, { ...plain, schedule: () => () => Number.NaN }, {});
    await expect(failing).rejects.toThrow('schedule gave the learning rate NaN at step 0');
  });

  it('model.fit, fitDataset and trainOnBatch inside a definition', async () => {
    const model: AnyTrial['model'] = async (hyperparameters, tf) => {
      const made = await plain.model(hyperparameters, tf);
      made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      await made.fit(tf.zeros([8, 4]), tf.zeros([8, 3]));
      return made;
    };
    await expect(prepare({ model })).rejects.toThrow(/^model.fit cannot be used inside a trial: /);
    const { tf, model: built } = await prepare({});
    expect(() => built.trainOnBatch(tf.zeros([8, 4]), tf.zeros([8, 3]))).toThrow(/^model.trainOnBatch cannot be used/);
  });

  it('layer.trainable changed after the first step', async () => {
    const trial = await prepare({});
    backend.tf.dispose(trainBatch(trial, null, 0));
    trial.model.layers[0]!.trainable = false;
    expect(() => trainBatch(trial, null, 1)).toThrow(
      /^layer.trainable was changed during the training: 2 of 4 weights are trainable now, 4 were at its beginning/,
    );
  });

  it('a checkpoint of other options', async () => {
    const { bytes } = await runInProcess(backend, { ...plain, ema: 0.9 }, {});
    const trial = await prepare({});
    expect(() => restore(trial, bytes)).toThrow('it was made with ema 0.9, now it is (none): use another directory');
    const clipped = await prepare({ ema: 0.9, clip: { value: 1 } });
    expect(() => restore(clipped, bytes)).toThrow('it was made with clip (none), now it is {"value":1}');
  });
});
