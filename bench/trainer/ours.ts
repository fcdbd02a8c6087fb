/** Trains the MNIST example with the product's own loop; prints the seconds of each epoch as JSON. Argument: epochs. */
import { loadBackend } from '../../trainer/backend.ts';
import type { AnyTrial } from '../../trainer/definition.ts';
import { train } from '../../trainer/loop.ts';
import { prepareTrial } from '../../trainer/prepare.ts';
import { digits } from '../../examples/mnist/digits.ts';

process.env['TEMPORAL_SWEEP_IMPORT_ONLY'] = '1';
const example = (await import('../../examples/mnist/train.ts')).default as unknown as AnyTrial;

const backend = await loadBackend();
if (backend.tf.getBackend() !== 'tensorflow') throw new Error(backend.warnings.join('; '));
// Keras is measured without a validation, too.
const definition = { ...example, data: () => ({ train: digits().train }) };
const hyperparameters = { ...example.hyperparameters, epochs: Number(process.argv[2]) };
// Not seed 0: the example's three filters are then dead from the beginning, and the losses could not be compared.
const trial = await prepareTrial(definition, { hyperparameters, seed: 1, checkpointSeconds: null }, backend);

const seconds: number[] = [];
let loss: unknown;
let since = performance.now();
const outcome = await train(trial, {
  checkpoint: null,
  files: null,
  notice: { current: () => null, give: () => {} },
  report: (message) => {
    if (message.type === 'started') since = performance.now();
    if (message.type !== 'row') return;
    seconds.push((performance.now() - since) / 1000);
    loss = message.metrics['loss'];
    since = performance.now();
  },
});
console.log(JSON.stringify({ seconds, loss, version: backend.environment['libtensorflow'], ended: outcome.status }));
process.exit(0);
