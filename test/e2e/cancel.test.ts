/** Intents: of the sweep's user through Temporal, and of whoever ends a job in SLURM itself. None is undone, none harms a checkpoint. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sweepLayout } from '../../activities/layout.ts';
import { parseToken } from '../../activities/scheduler/token.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { packageRoot } from '../../workers/package-root.ts';
import type { TrialEnded } from '../../workflows/messages.ts';
import { scancel } from './support/disturb.ts';
import { jobProcesses } from './support/processes.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import {
  ended,
  finalWeights,
  liveJobs,
  segmentRows,
  startSweep,
  sweepStatus,
  trialStatus,
  until,
  untilTraining,
  writeSweep,
} from './support/sweep.ts';
import { expectExact, tensorsOf } from './support/undisturbed.ts';

const PROGRAM = join(packageRoot(), 'test/e2e/fixtures/paced.ts');
/** A trial takes the whole of one of the four nodes. */
const SLURM = { partition: 'low', time: 10, nodes: 1, ntasks: 2, 'cpus-per-task': 1 };

let stack: TestStack;

/** @param pace milliseconds per batch, 32 batches per epoch. */
async function start(id: string, trials: number, epochs: number, pace: number): Promise<void> {
  const parameters = {
    lr_max: { distribution: 'log_uniform_values', min: 1e-3, max: 1e-2 },
    epochs: { value: epochs },
    pace: { value: pace },
  };
  const file = await writeSweep(stack, id, {
    program: PROGRAM,
    trials,
    keys: { parameters },
    temporal: { concurrency: trials, slurm: SLURM },
  });
  await startSweep(stack, id, file);
}

const isClosed = async (id: string): Promise<string | false> => {
  const { status } = await stack.client.workflow.getHandle(id).describe();
  return status.name === 'RUNNING' ? false : status.name;
};

async function expectNothingRuns(): Promise<void> {
  await until('all jobs are over', async () => (await liveJobs(stack)).length === 0, 30);
  await until('no process of a job is left', async () => jobProcesses(stack.directory).length === 0, 30);
}

/** The step of the newest valid checkpoint: what a later segment would begin from. */
async function checkpointStep(id: string, trial: TrialEnded): Promise<number | undefined> {
  const { point, warnings } = await findResumePoint(
    sweepLayout(stack.root, id).trial(trial.number).segments,
    trial.segments,
  );
  expect(warnings).toEqual([]);
  return point?.step;
}

/** A trial whose job waits in the queue, all four nodes being taken. */
const pendingTrial = (id: string): Promise<{ number: number; jobId: string }> =>
  until('four jobs run and another waits', async () => {
    const listed = await stack.scheduler.list();
    if (listed.kind === 'unknown') return null;
    const jobs = listed.value.filter(({ name }) => parseToken(name)?.sweepId === id);
    const waiting = jobs.find(({ state }) => state === 'PENDING');
    if (waiting === undefined || jobs.filter(({ state }) => state === 'RUNNING').length < 4) return null;
    return { number: parseToken(waiting.name)!.trial, jobId: waiting.jobId };
  });

/** As a user does it, behind Temporal's back. */
async function endJob(jobId: string): Promise<void> {
  if (stack.scheduler.kind === 'slurm') await scancel(stack, jobId);
  else await stack.scheduler.cancel(jobId);
}

const anyTraining = (id: string, numbers: readonly number[]): Promise<number> =>
  until(`one of trials ${numbers.join(', ')} trains`, async () => {
    for (const number of numbers) {
      const { state, segments } = await trialStatus(stack, id, number);
      if (state === 'running' && (await segmentRows(stack, id, number, segments)).length > 0) return number;
    }
    return null;
  });

describe.each(['slurm', 'local'] as const)('on %s', (scheduler) => {
  beforeAll(async () => void (stack = await startTestStack({ scheduler, pollSeconds: 1 })));
  afterAll(async () => await stack?.stop());

  test('a cancelled sweep leaves no job, and every checkpoint', async () => {
    await start('cancelled', 5, 50, 30);
    const waiting = await pendingTrial('cancelled');
    const numbers = [1, 2, 3, 4, 5].filter((number) => number !== waiting.number);
    await Promise.all(numbers.map((number) => untilTraining(stack, 'cancelled', number)));

    const { exitCode } = await stack.temporal('workflow', 'cancel', '--workflow-id', 'cancelled');
    expect(exitCode).toBe(0);
    expect(await until('the sweep is closed', () => isClosed('cancelled'))).toBe('CANCELLED');
    expect(await Promise.all([1, 2, 3, 4, 5].map((number) => isClosed(`cancelled/${number}`)))).toEqual(
      Array(5).fill('CANCELLED'),
    );
    await expectNothingRuns();

    const trials = await ended(stack, 'cancelled');
    expect(trials.map(({ state }) => state)).toEqual(Array(5).fill('cancelled'));
    for (const trial of trials) {
      expect(trial.interruptions).toEqual(trial.number === waiting.number ? [] : ['cancel']);
      if (trial.number === waiting.number) continue;
      expect(await checkpointStep('cancelled', trial)).toBe(trial.step);
      expect(tensorsOf(await finalWeights(stack, 'cancelled', trial.number))).not.toEqual({});
    }
  });

  test('jobs that a user ends, and a trial that is stopped, are over; the others complete', async () => {
    await start('ended', 6, 10, 40);
    const waiting = await pendingTrial('ended');
    const running = await anyTraining('ended', [1, 2, 3, 4, 5, 6]);
    const { jobId } = await trialStatus(stack, 'ended', running);
    await endJob(jobId!);
    await endJob(waiting.jobId);
    const stopped = await anyTraining(
      'ended',
      [1, 2, 3, 4, 5, 6].filter((number) => number !== running),
    );
    const update = await stack.temporal(
      'workflow',
      'update',
      'execute',
      '--workflow-id',
      'ended',
      '--name',
      'stopTrial',
      '--input',
      String(stopped),
    );
    expect(update.exitCode, String(update.stderr)).toBe(0);

    await until('the sweep completes', async () => (await sweepStatus(stack, 'ended')).state === 'complete');
    const trials = await ended(stack, 'ended');
    const state = (number: number): string => {
      if (number === running || number === waiting.number) return 'cancelled';
      return number === stopped ? 'pruned' : 'complete';
    };
    expect(Object.fromEntries(trials.map((trial) => [trial.number, trial.state]))).toEqual(
      Object.fromEntries([1, 2, 3, 4, 5, 6].map((number) => [number, state(number)])),
    );
    for (const trial of trials) if (trial.state === 'complete') expect(trial).toMatchObject({ epoch: 10, resumes: 0 });
    const pruned = trials.find((trial) => trial.number === stopped)!;
    expect(pruned.interruptions).toEqual(['stop']);
    expect(await checkpointStep('ended', pruned)).toBe(pruned.step);
    for (const id of [jobId!, waiting.jobId]) {
      expect(await stack.scheduler.show(id)).toMatchObject({ value: { state: 'CANCELLED', restartCount: 0 } });
    }
    await expectNothingRuns();
  });

  test('a paused sweep gives its jobs back, and goes on at the very batch', async () => {
    await start('paused', 2, 5, 60);
    await Promise.all([1, 2].map((number) => untilTraining(stack, 'paused', number)));
    await stack.temporal(
      'workflow',
      'signal',
      '--workflow-id',
      'paused',
      '--name',
      'pause',
      '--input',
      '{"release": true}',
    );
    await until('both trials are paused', async () => {
      const states = await Promise.all([1, 2].map((number) => trialStatus(stack, 'paused', number)));
      return states.every(({ state }) => state === 'paused');
    });
    await expectNothingRuns();
    expect((await sweepStatus(stack, 'paused')).counts.running).toBe(2);

    await stack.temporal('workflow', 'signal', '--workflow-id', 'paused', '--name', 'resume');
    await until('the sweep completes', async () => (await sweepStatus(stack, 'paused')).state === 'complete');
    for (const trial of await ended(stack, 'paused')) {
      expect(trial).toMatchObject({ state: 'complete', resumes: 1, segments: 2, interruptions: ['pause'] });
      await expectExact(stack, 'paused', trial.number, PROGRAM);
    }
    await expectNothingRuns();
  });

  test('a paused sweep can be cancelled', async () => {
    await start('paused-cancelled', 2, 20, 60);
    await anyTraining('paused-cancelled', [1, 2]);
    await stack.cli('pause', 'paused-cancelled');
    await until('a trial is paused', async () => (await trialStatus(stack, 'paused-cancelled', 1)).state === 'paused');
    await stack.cli('cancel', 'paused-cancelled');
    expect(await until('the sweep is closed', () => isClosed('paused-cancelled'))).toBe('CANCELLED');
    expect((await ended(stack, 'paused-cancelled')).map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    await expectNothingRuns();
  });

  test('a sweep can be cancelled at any moment of its first seconds', async () => {
    const moments = [0, 200, 500, 1_000, 2_000, 3_000];
    for (const moment of moments) {
      const id = `early-${moment}`;
      await start(id, 2, 20, 60);
      await delay(moment);
      await stack.client.workflow.getHandle(id).cancel();
    }
    for (const moment of moments) {
      const id = `early-${moment}`;
      expect(await until('the sweep is closed', () => isClosed(id))).toBe('CANCELLED');
      expect((await ended(stack, id)).filter(({ state }) => state !== 'cancelled')).toEqual([]);
    }
    await expectNothingRuns();
  });
});
