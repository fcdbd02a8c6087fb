/** The same trial trained by the script itself, without Temporal, scheduler or interruption: what a resume must equal. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { sweepLayout, trialLayout } from '../../../activities/layout.ts';
import { findBestCheckpoint } from '../../../trainer/best.ts';
import { findResumePoint } from '../../../trainer/restore.ts';
import { decodeSafeTensors } from '../../../trainer/safetensors.ts';
import type { Row, TrialFile } from '../../../trainer/protocol.ts';
import { packageRoot } from '../../../workers/package-root.ts';
import { bestWeights, finalWeights, trialRows } from './sweep.ts';
import type { TestStack } from './stack.ts';

const run = promisify(execFile);

interface Trained {
  readonly rows: readonly Row[];
  /** Every tensor of the last checkpoint, the optimizer's too, as hexadecimal digits of dtype, shape and bytes. */
  readonly tensors: Readonly<Record<string, string>>;
  /** The same of the best checkpoint. */
  readonly best: Readonly<Record<string, string>>;
}

/** Rows 1…epochs once each, and rows and tensors as the undisturbed training of the same trial.json gives them. */
export async function expectExact(stack: TestStack, id: string, number: number, program: string): Promise<void> {
  const trial = JSON.parse(await readFile(sweepLayout(stack.root, id).trial(number).trial, 'utf8')) as TrialFile;
  const alone = await trainAlone(stack, join(stack.directory, 'alone', `${id}-${number}`), program, trial);
  const rows = await trialRows(stack, id, number);
  expect(rows.map((row) => row.epoch)).toEqual(
    Array.from({ length: Number(trial.hyperparameters['epochs']) }, (_, index) => index + 1),
  );
  expect(rows).toEqual(alone.rows);
  expect(tensorsOf(await finalWeights(stack, id, number))).toEqual(alone.tensors);
  expect(tensorsOf(await bestWeights(stack, id, number))).toEqual(alone.best);
}

async function trainAlone(stack: TestStack, directory: string, program: string, trial: TrialFile): Promise<Trained> {
  // A pace changes only the time.
  const hyperparameters = { ...trial.hyperparameters, ...('pace' in trial.hyperparameters && { pace: 0 }) };
  const words = Object.entries(hyperparameters).map(([name, value]) => `--${name}=${String(value)}`);
  const args = [
    '--import',
    import.meta.resolve('tsx'),
    program,
    ...words,
    `--seed=${trial.seed}`,
    `--directory=${directory}`,
  ];
  await run(process.execPath, args, { cwd: packageRoot(), env: { ...stack.environment, ...trial.environment } });
  const layout = trialLayout(directory);
  const { point } = await findResumePoint(layout.segments, 1);
  const best = await findBestCheckpoint(layout.segments, 1);
  if (point === null || best === null) throw new Error(`no checkpoint in ${directory}`);
  const text = await readFile(layout.metrics, 'utf8');
  return {
    rows: text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row),
    tensors: tensorsOf(await readFile(point.file)),
    best: tensorsOf(await readFile(best.file)),
  };
}

export function tensorsOf(file: Buffer): Record<string, string> {
  const { tensors } = decodeSafeTensors(file);
  return Object.fromEntries(
    [...tensors].map(([name, { dtype, shape, data }]) => [
      name,
      `${dtype} ${shape.join('x')} ${Buffer.from(data).toString('hex')}`,
    ]),
  );
}
