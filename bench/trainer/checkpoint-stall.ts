/**
 * What a checkpoint of 120 MB costs: 10 M parameters with Adam's two moments. How long the training stands still, and how
 * long it takes from the snapshot until it is durable, beside the same written by the training itself.
 *
 *     npx tsx bench/trainer/checkpoint-stall.ts [--checkpoints 7] [--directory /tmp]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Tensor } from '@tensorflow/tfjs';
import { loadBackend } from '../../trainer/backend.ts';
import { openCheckpointStore } from '../../trainer/checkpoint-files.ts';
import { openCheckpointWriter } from '../../trainer/checkpoint-writer.ts';
import { copyCheckpoint } from '../../trainer/checkpointer-file.ts';
import { createGenerator } from '../../trainer/random.ts';
import { type Allocate, type Copying, wholeOf } from '../../trainer/safetensors.ts';
import { copyTensors } from '../../trainer/stored-tensors.ts';
import { toTracked } from '../../trainer/tracked.ts';
import { markdown, spread } from '../support/statistics.ts';

const { values } = parseArgs({
  options: {
    checkpoints: { type: 'string', default: '7' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const checkpoints = Number(values.checkpoints);
const { tf, environment } = await loadBackend();

/** Ten layers of a million parameters, each with both moments; results of operations, as weights in training are. */
const variables = Array.from({ length: 30 }, () => tf.tidy(() => tf.randomUniform([1000, 1000]).add(1).variable()));
const train = (): void => tf.tidy(() => variables.forEach((one) => one.assign(one.mul(1.0001) as Tensor<never>)));
const defined = (allocate?: Allocate): Copying =>
  copyTensors(
    variables.map((variable, index) => [String(index), variable]),
    {},
    allocate,
  );
const tracked = new Map(variables.map((variable, index) => [String(index), toTracked(tf, String(index), variable)]));
const random = createGenerator(1);
const ownLoop = (allocate?: Allocate): Copying => {
  const position = { step: 0, epoch: 0, batch: 0, rows: 0, metrics: {} };
  const trial = { seed: 1, hyperparameters: {} };
  return copyCheckpoint({ ...position, random: random.state(), trial, environment }, tracked, allocate);
};
const requestAt = (step: number) => ({
  at: { step, epoch: 0, batch: step, reason: 'interval' as const },
  best: false,
  rows: [],
});

interface Measured {
  readonly stall: number[];
  /** Longest pause between two batches that the copy took, and all of them together. */
  readonly longest: number[];
  readonly all: number[];
  readonly durable: number[];
  /** Batches trained while one was being written. */
  readonly batches: number[];
}

async function inThread(directory: string, take: (allocate: Allocate) => Buffer | Copying): Promise<Measured> {
  const measured: Measured = { stall: [], longest: [], all: [], durable: [], batches: [] };
  const store = openCheckpointStore(directory);
  for (let step = 1; step <= checkpoints; step += 1) {
    train();
    const begun = performance.now();
    const { durable } = await store.save(take, () => requestAt(step));
    measured.stall.push(performance.now() - begun);
    let isWritten = false;
    void durable.then(() => {
      measured.durable.push(performance.now() - begun);
      isWritten = true;
    });
    const pauses = [measured.stall.at(-1)!];
    for (; !isWritten;) {
      train();
      const paused = performance.now();
      await nextTurn();
      pauses.push(performance.now() - paused);
    }
    measured.batches.push(pauses.length - 1);
    measured.longest.push(Math.max(...pauses));
    measured.all.push(pauses.reduce((sum, pause) => sum + pause, 0));
  }
  await store.close();
  return measured;
}

function bySelf(directory: string): Measured {
  const measured: Measured = { stall: [], longest: [], all: [], durable: [], batches: [] };
  const writer = openCheckpointWriter(directory);
  for (let step = 1; step <= checkpoints; step += 1) {
    train();
    const begun = performance.now();
    writer.save(wholeOf(defined()), requestAt(step));
    measured.stall.push(performance.now() - begun);
    measured.durable.push(performance.now() - begun);
    measured.longest.push(measured.stall.at(-1)!);
    measured.all.push(measured.stall.at(-1)!);
    measured.batches.push(0);
  }
  return measured;
}

/** The first of each is told apart: memory is new then. */
function describe(name: string, { stall, longest, all, durable, batches }: Measured): string[] {
  const format = (all: readonly number[]): string => {
    const found = spread(all.slice(1));
    return found === null ? '-' : `${found.median.toFixed(0)} [${found.least.toFixed(0)}–${found.most.toFixed(0)}]`;
  };
  return [name, stall[0]!.toFixed(0), ...[stall, longest, all, durable, batches].map(format)];
}

const root = mkdtempSync(join(values.directory, 'checkpoint-stall-'));
try {
  const directoryOf = (name: string): string => {
    mkdirSync(join(root, name));
    return join(root, name);
  };
  const rows = [
    describe('defineTrial, written in a thread', await inThread(directoryOf('defined'), defined)),
    describe('a loop of its own, the same', await inThread(directoryOf('own'), ownLoop)),
    describe('the same, copied at once', await inThread(directoryOf('at-once'), (memory) => wholeOf(ownLoop(memory)))),
    describe('written by the loop', bySelf(directoryOf('self'))),
  ];
  const header = [
    'ms: median [least–most]',
    'first stall',
    'stall',
    'longest pause',
    'all pauses',
    'snapshot → durable',
    'batches meanwhile',
  ];
  console.log(markdown(header, rows));
  const megabytes = (variables.reduce((sum, { size }) => sum + 4 * size, 0) / 1e6).toFixed(0);
  console.log(
    `${megabytes} MB, ${checkpoints} checkpoints each; backend ${environment['backend']}, Node ${process.versions.node}, ` +
      `${cpus().length} cores (${cpus()[0]?.model.trim()}), load ${loadavg()[0]!.toFixed(1)}`,
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
