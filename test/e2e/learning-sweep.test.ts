/** Sweeps whose sampler learns: the same trials whatever happens to the control worker; what users add; what is known before. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrialEnded } from '../../workflows/messages.ts';
import { fixture, trialsOf } from './support/ends.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { ended, startSweep, sweepStatus, trialStatus, until, writeSweep } from './support/sweep.ts';

const TRIALS = 14;
/** The sampler draws at random before it has seen ten trials. */
const LEARNING = 10;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ scheduler: 'slurm' });
});
afterAll(() => stack.stop());

const parameters = { lr: { min: 0.1, max: 0.9 }, units: { min: 8, max: 512 }, kind: { values: ['a', 'b', 'c'] } };
const plan = { trials: TRIALS, program: fixture('speaker.mjs'), temporal: { concurrency: 1 } };
const bayes = { ...plan, keys: { method: 'bayes', parameters } };
const byNumber = (trials: readonly TrialEnded[]): TrialEnded[] => trials.toSorted((a, b) => a.number - b.number);
const hyperparameters = (trials: readonly TrialEnded[]) => byNumber(trials).map((trial) => trial.hyperparameters);

test('a control worker killed twice in the middle changes no trial', async () => {
  await startSweep(stack, 'calm', await writeSweep(stack, 'calm', bayes));
  const calm = await trialsOf(stack, 'calm');
  expect(calm.map(({ state }) => state)).toEqual(Array(TRIALS).fill('complete'));

  await startSweep(stack, 'struck', await writeSweep(stack, 'struck', bayes));
  for (const count of [LEARNING + 1, LEARNING + 2]) {
    await until(`${count} trials have ended`, async () => (await ended(stack, 'struck')).length >= count);
    await stack.worker.kill(); // at about the time of the next question
    await stack.worker.start();
  }
  expect(hyperparameters(await trialsOf(stack, 'struck'))).toEqual(hyperparameters(calm));
});

test('another sweep starts from what is known, and stops at the target', async () => {
  const keys = { ...bayes.keys, metric: { name: 'loss', goal: 'minimize', target: 0.5 } };
  const file = await writeSweep(stack, 'warm', { ...bayes, keys });
  const result = await stack.cli('start', file, '--id', 'warm', '--from', 'calm');
  expect(result.stderr).toBe('');
  const trials = await trialsOf(stack, 'warm');
  const status = await sweepStatus(stack, 'warm');
  expect(status.notes).toContain(`${TRIALS} trials of calm known`);
  expect(trials.at(-1)!.objective).toBeLessThanOrEqual(0.5);
  expect(trials.slice(0, -1).every(({ objective }) => objective! > 0.5)).toBe(true);
  expect(status.notes.join()).toContain(`trial ${trials.length} reached the target 0.5`);
  // It need not draw at random what the other sweep drew.
  expect(hyperparameters(trials)[0]).not.toEqual(hyperparameters(await ended(stack, 'calm'))[0]);
});

test('users add trials and have cancelled ones tried again; the sampler loses none of its own', async () => {
  const hold = join(stack.directory, 'go');
  const keys = { parameters: { lr: parameters.lr, hold: { value: hold } } };
  const file = await writeSweep(stack, 'asked', { ...plan, trials: 2, keys });
  const alone = await writeSweep(stack, 'alone', { ...plan, trials: 2, keys: { parameters: { lr: parameters.lr } } });
  await startSweep(stack, 'asked', file);
  await until('trial 1 runs', async () => (await trialStatus(stack, 'asked', 1)).state === 'running');

  expect(await stack.cli('enqueue', 'asked', 'lr=5')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('lr must be a number from 0.1 to 0.9, not 5.'),
  });
  expect(await stack.cli('enqueue', 'asked', 'lr=5e-1')).toMatchObject({ exitCode: 0 });
  expect(await stack.cli('retry', 'asked', '1')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('trial 1 is live'),
  });
  const handle = stack.client.workflow.getHandle('asked');
  await handle.executeUpdate('setConcurrency', { args: [0] });
  await stack.client.workflow.getHandle('asked/1').cancel();
  await until('trial 1 is recorded', async () => (await ended(stack, 'asked')).length === 1);
  expect(await stack.cli('retry', 'asked', '1')).toMatchObject({ exitCode: 0 });
  expect((await sweepStatus(stack, 'asked')).notes.join()).toContain('2 trials of users');
  await writeFile(hold, '');
  await handle.executeUpdate('setConcurrency', { args: [1] });

  const trials = byNumber(await trialsOf(stack, 'asked'));
  await startSweep(stack, 'alone', alone);
  const proposed = byNumber(await trialsOf(stack, 'alone')).map((trial) => trial.hyperparameters['lr']);
  expect(trials.map((trial) => [trial.number, trial.state, trial.hyperparameters['lr']])).toEqual([
    [1, 'cancelled', proposed[0]],
    [2, 'complete', 0.5],
    [3, 'complete', proposed[0]],
    [4, 'complete', proposed[1]],
  ]);
});
