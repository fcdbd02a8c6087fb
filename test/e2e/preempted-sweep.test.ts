/**
 * The promise of the whole: four trials, of which SLURM takes one at its time limit and one for a better job, one loses
 * its agent, one is left alone. All complete, bit for bit as if nothing had happened, and nothing is left running.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../workers/package-root.ts';
import type { TrialEnded } from '../../workflows/messages.ts';
import { preempt } from './support/disturb.ts';
import { jobProcesses, processesNaming, watchInspectors } from './support/processes.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import {
  agentPid,
  ended,
  liveJobs,
  outputs,
  segments,
  startSweep,
  sweepStatus,
  until,
  untilTraining,
  writeSweep,
} from './support/sweep.ts';
import { expectExact } from './support/undisturbed.ts';

const PROGRAM = join(packageRoot(), 'test/e2e/fixtures/paced.ts');
const [PREEMPTED, KILLED, ALONE, LIMITED] = [1, 2, 3, 4];
/** Milliseconds per batch of trials 1 to 4: only the last one needs longer than its limit. */
const PACES = [50, 35, 10, 250];

describe.each(['slurm', 'local'] as const)('on %s', (scheduler) => {
  let stack: TestStack;
  beforeAll(async () => void (stack = await startTestStack({ scheduler })));
  afterAll(async () => await stack?.stop());

  test('an interrupted sweep ends as an undisturbed one', async () => {
    const inspectors = watchInspectors(stack.directory);
    const file = await writeSweep(stack, 'lr', {
      program: PROGRAM,
      keys: {
        method: 'grid',
        parameters: { lr_max: { value: 0.01 }, epochs: { value: 10 }, pace: { values: PACES } },
      },
      // One minute is SLURM's least limit, and it looks about every 30 s: the notice comes within 20 s, and the training goes on.
      temporal: {
        concurrency: 1,
        lead_time: '40s',
        slurm: { partition: 'low', time: 1, nodes: 1, ntasks: 2, 'cpus-per-task': 1 },
      },
    });
    await startSweep(stack, 'lr', file);
    // The first trial has the first node: the local scheduler takes that one when all are full.
    const first = await untilTraining(stack, 'lr', PREEMPTED);
    await stack.client.workflow.getHandle('lr').executeUpdate('setConcurrency', { args: [4] });
    await until(
      'all nodes are taken',
      async () => (await liveJobs(stack)).filter((job) => job.endsWith('RUNNING')).length === 4,
    );
    await preempt(stack, first.node!);
    const second = await untilTraining(stack, 'lr', KILLED);
    process.kill(await agentPid(stack, 'lr', second), 'SIGKILL');

    await until('the sweep completes', async () => (await sweepStatus(stack, 'lr')).state === 'complete', 240);
    const trials = new Map((await ended(stack, 'lr')).map((trial) => [trial.number, trial]));
    expect([...trials.values()].map(({ state }) => state)).toEqual(['complete', 'complete', 'complete', 'complete']);
    expect(disturbances(trials.get(PREEMPTED))).toEqual(['preemption']);
    expect(disturbances(trials.get(KILLED))).toEqual(['lost']);
    expect(disturbances(trials.get(ALONE))).toEqual([]);
    expect(disturbances(trials.get(LIMITED))).toEqual([]);
    expect(trials.get(LIMITED)!.interruptions).toContain('limit');
    for (const { number, resumes, interruptions } of trials.values()) {
      expect(resumes, `resumes of trial ${number}`).toBe(interruptions.length);
      expect(await segments(stack, 'lr', number)).toHaveLength(resumes + 1);
      await expectExact(stack, 'lr', number, PROGRAM);
    }
    expect((await sweepStatus(stack, 'lr')).resumes).toBe(
      [...trials.values()].reduce((sum, trial) => sum + trial.resumes, 0),
    );

    await until('all jobs are over', async () => (await liveJobs(stack)).length === 0, 30);
    await until('no process of a job is left', async () => jobProcesses(stack.directory).length === 0, 30);
    expect(inspectors.stop()).toEqual([]);
    expect(await outputs(stack, 'lr')).not.toContain('Debugger listening');
  });

  test('after the stack has stopped, none of its processes is left', async () => {
    await stack.stop();
    expect(processesNaming(stack.directory)).toEqual([]);
  });
});

/** On a loaded machine any trial may live long enough to hear of its time limit: that is no fault. */
const disturbances = (trial: TrialEnded | undefined): readonly string[] | undefined =>
  trial?.interruptions.filter((cause) => cause !== 'limit');
