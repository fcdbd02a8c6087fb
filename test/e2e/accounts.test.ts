/** A cluster that keeps accounts: it knows who ended a job, and limits how many may wait. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findExecutable } from '../../workers/stack/executables.ts';
import { fixture, trialsOf } from './support/ends.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { liveJobs, startSweep, sweepStatus, trialStatus, until, writeSweep } from './support/sweep.ts';

const available = ['slurmdbd', 'mariadbd'].every((name) => findExecutable(name) !== null);
const NOBODY = 65_534;

let stack: TestStack;

const slurm = (file: string, ...args: string[]) => execa(file, args, { env: stack.environment });
const recorded = async (jobId: string): Promise<string> =>
  (await slurm('sacct', '--noheader', '-X', '-P', '--duplicates', '-o', 'State', '-j', jobId)).stdout;

describe.runIf(available)('with slurmdbd', () => {
  beforeAll(async () => {
    const accounting = { qos: { narrow: 'MaxSubmitJobsPerUser=2' } };
    stack = await startTestStack({ scheduler: 'slurm', pollSeconds: 1, cluster: { nodes: 2, accounting } });
    // The other user has to read slurm.conf.
    await chmod(stack.directory, 0o755);
    await slurm('sacctmgr', '--immediate', 'add', 'user', 'nobody', 'account=sweeps', 'adminlevel=Operator');
  });
  afterAll(async () => await stack?.stop());

  // slurm.md §8 B1: wandb_preempt takes scancel for a preemption and requeues what its user ended.
  test.each([
    ['its user', process.getuid?.() ?? 0],
    ['another user', NOBODY],
  ])('a job that %s cancels is never undone', async (who, uid) => {
    const id = who.replace(' ', '-');
    const parameters = { lr: { value: 1 }, hold: { value: join(stack.directory, 'never') } };
    const file = await writeSweep(stack, id, { trials: 1, program: fixture('speaker.mjs'), keys: { parameters } });
    await startSweep(stack, id, file);
    const { jobId } = await until('the trial works', async () => {
      const status = await trialStatus(stack, id, 1);
      return status.state === 'running' && status;
    });
    await slurm('setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'scancel', jobId!);
    expect(await trialsOf(stack, id)).toMatchObject([{ number: 1, state: 'cancelled', resumes: 0 }]);
    await until('the account tells who', async () => (await recorded(jobId!)) === `CANCELLED by ${uid}`);
    expect(await stack.scheduler.show(jobId!)).toMatchObject({ value: { state: 'CANCELLED', restartCount: 0 } });
    expect(await liveJobs(stack)).toEqual([]);
  });

  // canu #461, #1218: a full queue ended the run; sracha-rs and webknossos #537 failed at their cluster's limits.
  test('a limit on submitted jobs is waited for: every trial has its turn, none fails', async () => {
    const parameters = { lr: { distribution: 'uniform', min: 0.1, max: 0.9 } };
    const file = await writeSweep(stack, 'narrow', {
      trials: 5,
      program: fixture('speaker.mjs'),
      keys: { parameters },
      temporal: { concurrency: 5, slurm: { partition: 'low', qos: 'narrow', time: 10 } },
    });
    await startSweep(stack, 'narrow', file);
    await until('a trial waits for the limit', async () => {
      const all = await Promise.all([1, 2, 3, 4, 5].map((number) => trialStatus(stack, 'narrow', number)));
      return all.some(({ activity }) => /QOSMaxSubmitJobPerUserLimit/.test(activity));
    });
    expect((await sweepStatus(stack, 'narrow')).notes, 'the sweep is not paused').toEqual([]);
    const trials = await trialsOf(stack, 'narrow');
    expect(trials.map(({ state, interruptions }) => [state, interruptions])).toEqual(
      Array.from({ length: 5 }, () => ['complete', []]),
    );
  });
});
