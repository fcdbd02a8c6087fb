/** Trains one step on libtensorflow and prints what it ran on, as one line of JSON. Run in a child process by set-up. */
import { createRequire } from 'node:module';
import util from 'node:util';

// tfjs 4.22 calls two functions that Node 23 removed from util.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

const require = createRequire(`${process.argv[2]}/package.json`);
const tf = require('@tensorflow/tfjs-node-gpu');
await tf.ready();

const weight = tf.variable(tf.scalar(0));
const input = tf.tensor1d([1, 2, 3, 4]);
const loss = () => tf.tidy(() => weight.mul(input).sub(input.mul(2)).square().mean().asScalar());
const before = loss().dataSync()[0];
tf.train.sgd(0.01).minimize(loss);
const after = loss().dataSync()[0];

console.log(
  JSON.stringify({
    backend: tf.getBackend(),
    tensorflow: tf.backend().binding.TF_Version,
    gpu: Boolean(tf.backend().isUsingGpuDevice),
    trained: after < before,
  }),
);
