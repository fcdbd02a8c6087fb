/** SLURM's own notice of a time limit, up to a minute early: the training is made safe, goes on, and loses nothing. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepLayout } from '../../activities/layout.ts';
import type { CheckpointEntry } from '../../trainer/protocol.ts';
import { packageRoot } from '../../workers/package-root.ts';
import type { Outcome } from '../../workflows/messages.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { ended, startSweep, sweepStatus, until, untilTraining, writeSweep } from './support/sweep.ts';
import { expectExact } from './support/undisturbed.ts';

const PROGRAM = join(packageRoot(), 'test/e2e/fixtures/paced.ts');

let stack: TestStack;
beforeAll(async () => void (stack = await startTestStack({ scheduler: 'slurm' })));
afterAll(async () => await stack?.stop());

test('trains on after the notice, leaves by itself before the limit, resumes exactly', async () => {
  const file = await writeSweep(stack, 'limit', {
    program: PROGRAM,
    trials: 1,
    // Some 80 seconds in epochs of 8, under SLURM's least limit.
    keys: { parameters: { lr_max: { value: 0.01 }, epochs: { value: 10 }, pace: { value: 250 } } },
    temporal: { checkpoint_every: '1h', lead_time: '45s', slurm: { partition: 'low', 'cpus-per-task': 1, time: 1 } },
  });
  await startSweep(stack, 'limit', file);
  const { jobId, restartCount } = await untilTraining(stack, 'limit', 1);
  const trial = sweepLayout(stack.root, 'limit').trial(1);
  const segment = trial.segment(1);
  await until('the notice', async () => stat(trial.allocation({ jobId: jobId!, restartCount: restartCount! }).notice));
  const safe = await until('the checkpoint of the notice', async () => {
    const { checkpoints } = JSON.parse(await readFile(segment.latest, 'utf8')) as { checkpoints: CheckpointEntry[] };
    return checkpoints.find(({ reason }) => reason === 'notice');
  });
  const outcome = await until('the end of the segment', async () => {
    return JSON.parse(await readFile(segment.outcome, 'utf8')) as Outcome & { status: 'interrupted' };
  });
  expect(outcome).toMatchObject({ status: 'interrupted', cause: 'limit' });
  expect(outcome.step).toBeGreaterThan(safe.step);

  await until('the sweep completes', async () => (await sweepStatus(stack, 'limit')).state === 'complete', 180);
  const [only] = await ended(stack, 'limit');
  expect(only).toMatchObject({ state: 'complete', interruptions: ['limit'], resumes: 1 });
  const resume = JSON.parse(await readFile(trial.segment(2).resume, 'utf8')) as { step: number };
  expect(resume.step).toBe(outcome.step);
  await expectExact(stack, 'limit', 1, PROGRAM);
});
