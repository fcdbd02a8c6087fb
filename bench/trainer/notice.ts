/**
 * From a notice to a durable checkpoint, in the midst of training, with every core busy with other work besides.
 *
 *     npx tsx bench/trainer/notice.ts [--notices 30] [--directory /tmp]
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { loadBackend } from '../../trainer/backend.ts';
import { openCheckpointStore } from '../../trainer/checkpoint-files.ts';
import type { AnyTrial, TensorFlow } from '../../trainer/definition.ts';
import { train } from '../../trainer/loop.ts';
import type { Notice } from '../../trainer/notice.ts';
import { prepareTrial } from '../../trainer/prepare.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { describeComputer } from '../support/machine.ts';
import { markdown, spread } from '../support/statistics.ts';

const { values } = parseArgs({
  options: { notices: { type: 'string', default: '30' }, directory: { type: 'string', default: tmpdir() } },
});
const notices = Number(values.notices);

/** @param width of the hidden layer: 784 × width + width × 10 weights, three times that in a checkpoint. */
const definitionOf = (width: number): AnyTrial => ({
  hyperparameters: {},
  data: () => ({
    train: {
      inputs: { values: Float32Array.from({ length: 8_192 * 784 }, (_, index) => (index % 251) / 251), shape: [784] },
      labels: { values: Uint8Array.from({ length: 8_192 }, (_, index) => index % 10), shape: [] },
    },
  }),
  model: (_: unknown, tf: TensorFlow) =>
    tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [784], units: width, activation: 'relu' }),
        tf.layers.dense({ units: 10 }),
      ],
    }),
  optimizer: (_: unknown, tf: TensorFlow) => tf.train.adam(1e-4),
  loss: 'softmaxCrossEntropy',
  epochs: 1_000_000,
  batchSize: 64,
});

const backend = await loadBackend();
const root = mkdtempSync(join(values.directory, 'notice-'));
const busy = cpus().map(() => new Worker('for (;;);', { eval: true, execArgv: [] }));
try {
  const rows: string[][] = [];
  for (const width of [128, 4_000, 12_600]) {
    const { milliseconds, bytes } = await measure(join(root, String(width)), definitionOf(width));
    const { median, least, most } = spread(milliseconds)!;
    rows.push([`${(bytes / 1e6).toFixed(1)} MB`, ...[median, most, least].map((value) => value.toFixed(0))]);
  }
  console.log(markdown(['notice → durable, ms', 'median', 'worst', 'best'], rows));
  console.log(`\n${notices} notices each, ${busy.length} busy threads beside; ${describeComputer()}`);
} finally {
  for (const worker of busy) await worker.terminate();
  rmSync(root, { recursive: true, force: true });
}
process.exit(0);

async function measure(segments: string, definition: AnyTrial): Promise<{ milliseconds: number[]; bytes: number }> {
  const milliseconds: number[] = [];
  let bytes = 0;
  for (let segment = 1; segment <= notices; segment += 1) {
    const directory = join(segments, '1');
    const { point } = await findResumePoint(segments, segment === 1 ? 0 : 1);
    const checkpoint = point === null ? null : readFileSync(point.file);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const trial = await prepareTrial(definition, { hyperparameters: {}, seed: 1, checkpointSeconds: null }, backend);
    let notice: Notice | null = null;
    let noticedAt = 0;
    const files = openCheckpointStore(directory);
    const running = train(trial, {
      checkpoint,
      files,
      notice: { current: () => notice, give: () => {} },
      report: (message) => {
        if (message.type === 'checkpoint') bytes = message.bytes;
      },
    });
    await delay(300 + 400 * Math.random());
    noticedAt = performance.now();
    notice = { cause: 'preemption', deadline: null };
    await running;
    milliseconds.push(performance.now() - noticedAt);
    await files.close();
    backend.tf.disposeVariables();
  }
  return { milliseconds, bytes };
}
