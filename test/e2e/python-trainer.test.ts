/** The protocol is enough: the example in Python trains, is interrupted, resumes at the very step, completes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../workers/package-root.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { agentPid, ended, startSweep, trialRows, until, untilTraining } from './support/sweep.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ scheduler: 'slurm' });
});
afterAll(() => stack.stop());

test('a trainer in Python is interrupted and resumes exactly', async () => {
  const example = await readFile(join(packageRoot(), 'examples/python/sweep.yaml'), 'utf8');
  const file = join(stack.directory, 'python.yaml');
  await writeFile(file, example.replace('program: train.py', `program: ${packageRoot()}/examples/python/train.py`), {
    mode: 0o600,
  });
  await startSweep(stack, 'python', file);
  process.kill(await agentPid(stack, 'python', await untilTraining(stack, 'python', 1)), 'SIGUSR1');
  process.kill(await agentPid(stack, 'python', await untilTraining(stack, 'python', 2)), 'SIGKILL');
  const trials = await until('all four have ended', async () => {
    const all = await ended(stack, 'python');
    return all.length === 4 && all;
  });
  expect(trials.map((trial) => trial.state)).toEqual(Array(4).fill('complete'));
  const resumes = Object.fromEntries(trials.map((trial) => [trial.number, trial.resumes]));
  expect(resumes).toEqual({ 1: 1, 2: 1, 3: 0, 4: 0 });
  for (const { number, hyperparameters } of trials) {
    const rows = await trialRows(stack, 'python', number);
    expect(rows.map((row) => row.epoch)).toEqual(Array.from({ length: 20 }, (_, epoch) => epoch + 1));
    let value = 1;
    for (let step = 0; step < 200; step += 1) value *= 1 - Number(hyperparameters['lr_max']);
    expect(rows.at(-1)?.metrics['loss']).toBe(value);
  }
});
