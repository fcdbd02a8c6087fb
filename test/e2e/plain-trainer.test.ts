/** A program that only prints: its lines are rows and its result counts; preempted, it starts again. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../workers/package-root.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { preempt } from './support/disturb.ts';
import { ended, startSweep, trialRows, until, untilTraining } from './support/sweep.ts';

const EPOCHS = 80;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ scheduler: 'slurm' });
});
afterAll(() => stack.stop());

test('P8: what a program prints is its result, and a preemption costs it the time since its start alone', async () => {
  const example = await readFile(join(packageRoot(), 'examples/plain/sweep.yaml'), 'utf8');
  const program = `${packageRoot()}/examples/plain/train.py`;
  const file = join(stack.directory, 'plain.yaml');
  const text = example.replace('program: train.py', `program: ${program}`).replace('value: 20', `value: ${EPOCHS}`);
  await writeFile(file, text, { mode: 0o600 });
  await startSweep(stack, 'plain', file);
  await preempt(stack, (await untilTraining(stack, 'plain', 1)).node!);
  const trials = await until('all three have ended', async () => {
    const all = await ended(stack, 'plain');
    return all.length === 3 && all;
  });
  expect(trials.map(({ state }) => state)).toEqual(['complete', 'complete', 'complete']);
  expect(trials.find(({ number }) => number === 1)?.resumes).toBe(1);
  for (const { number, hyperparameters, objective } of trials) {
    const rows = await trialRows(stack, 'plain', number);
    expect(rows.map(({ epoch }) => epoch)).toEqual(Array.from({ length: EPOCHS }, (_, epoch) => epoch + 1));
    let loss = 1;
    for (let epoch = 0; epoch < EPOCHS; epoch += 1) loss *= 1 - Number(hyperparameters['lr']);
    expect(objective).toBe(loss);
  }
});
