import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as tfjs from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBackend } from '../../trainer/backend.ts';
import type { TensorFlow } from '../../trainer/definition.ts';
import { exportModel } from '../../trainer/model-export.ts';
import type { PreparedTrial } from '../../trainer/prepare.ts';
import { hasNativeBackend } from './support/fake-agent.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'export-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Weights that training would leave: none of them an initial value. */
function createModel(tf: TensorFlow): tfjs.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [6, 6, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: 3 }),
    ],
  });
  model.setWeights(model.getWeights().map((weight) => tf.randomUniform(weight.shape, 0.1, 1)));
  return model;
}

// Plain tfjs has no loader for file://.
describe.runIf(hasNativeBackend)('the exported model', () => {
  it('is loaded by tfjs and predicts the same bits; a second export replaces the first', async () => {
    const { tf } = await loadBackend();
    const model = createModel(tf);
    const target = join(directory, 'model');
    for (let time = 0; time < 2; time++) {
      expect(await exportModel({ tf, model } as PreparedTrial, target)).toBeNull();
    }
    expect(readdirSync(directory)).toEqual(['model']);
    expect(readdirSync(target).sort()).toEqual(['model.json', 'weights.bin']);
    const loaded = await tf.loadLayersModel(`file://${target}/model.json`);
    const inputs = tf.randomUniform([20, 6, 6, 1], -1, 1);
    const predict = (from: tfjs.LayersModel) => [...(from.predict(inputs) as tfjs.Tensor).dataSync()];
    expect(predict(loaded)).toEqual(predict(model));
    expect(new Set(predict(loaded)).size).toBeGreaterThan(20);
  });

  it('that cannot be written is a sentence', async () => {
    const { tf } = await loadBackend();
    const target = join(directory, 'absent', 'model');
    expect(await exportModel({ tf, model: createModel(tf) } as PreparedTrial, target)).toMatch(
      /^the model could not be exported to .*absent\/model: ENOENT.*The last checkpoint holds its weights$/,
    );
  });
});
