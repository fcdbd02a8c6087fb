/**
 * A notice may come at any moment of a job's life. Whoever hears it first, it leads to the end of that allocation and to a
 * next one that goes on exactly; a process that was too young for it dies visibly; Node's inspector stays shut.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepLayout } from '../../activities/layout.ts';
import { packageRoot } from '../../workers/package-root.ts';
import type { TrialEnded } from '../../workflows/messages.ts';
import { scancel, trainerPid } from './support/disturb.ts';
import { type Found, processesNaming, watchInspectors } from './support/processes.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import {
  agentPid,
  ended,
  outputs,
  startSweep,
  sweepStatus,
  trialRows,
  until,
  untilTraining,
  writeSweep,
} from './support/sweep.ts';
import { expectExact } from './support/undisturbed.ts';

const PROGRAM = join(packageRoot(), 'test/e2e/fixtures/paced.ts');
/** Milliseconds after the batch script's first lines; a trial trains for at least four seconds. */
const OFFSETS = [0, 50, 100, 200, 400, 800, 1_500, 2_000];

let stack: TestStack;
beforeAll(async () => void (stack = await startTestStack({ scheduler: 'slurm', pollSeconds: 1 })));
afterAll(async () => await stack?.stop());

async function start(id: string, trials: number): Promise<void> {
  const file = await writeSweep(stack, id, {
    program: PROGRAM,
    trials,
    keys: { parameters: { lr_max: { value: 0.01 }, epochs: { value: 3 }, pace: { value: 42 } } },
    temporal: {
      concurrency: trials,
      checkpoint_every: '1s',
      slurm: { partition: 'low', time: 10, nodes: 1, ntasks: 2, 'cpus-per-task': 1 },
    },
  });
  await startSweep(stack, id, file);
}

/** Resolves when the batch script of the trial's first job has made its allocation's directory. */
async function jobStart(id: string, number: number): Promise<string> {
  const directory = join(sweepLayout(stack.root, id).trial(number).directory, 'allocations');
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await delay(5)) {
    const first = existsSync(directory) ? readdirSync(directory).find((name) => name.endsWith('.0')) : undefined;
    if (first !== undefined) return first.replace(/\.0$/, '');
  }
  throw new Error(`the job of trial ${number} did not start`);
}

/**
 * Resolves when the agent of the trial's first job is a process: SLURM accepts a signal for a step that it is only just
 * launching, and drops it.
 */
async function agentStart(id: string, number: number): Promise<void> {
  const job = join(sweepLayout(stack.root, id).trial(number).directory, 'submissions');
  const isAgent = ({ command }: Found): boolean => command.startsWith(process.execPath) && command.includes('agent.js');
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await delay(10)) {
    if (processesNaming(job).some(isAgent)) return;
  }
  throw new Error(`the agent of trial ${number} did not start`);
}

/** Signals as soon as SLURM has somebody to signal. */
const send = (...args: string[]): Promise<void> =>
  until(`scancel ${args.join(' ')}`, () => scancel(stack, ...args).then(() => true), 30).then(() => {});

/** All complete: those that were interrupted at work exactly as undisturbed ones, the others from the start. */
async function expectComplete(id: string, trials: number): Promise<readonly TrialEnded[]> {
  await until('the sweep completes', async () => (await sweepStatus(stack, id)).state === 'complete', 240);
  const ends = await ended(stack, id);
  expect(ends.map(({ state }) => state)).toEqual(Array(trials).fill('complete'));
  for (const { number, segments } of ends) {
    if (segments > 1) await expectExact(stack, id, number, PROGRAM);
    else expect((await trialRows(stack, id, number)).map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  }
  expect(await outputs(stack, id)).not.toContain('Debugger listening');
  return ends;
}

test.each([
  ['SIGUSR1 to the batch shell', 'usr1', 'limit', null, (jobId: string) => ['--signal=USR1', '--batch', jobId]],
  ['SIGTERM to the step', 'term', 'preemption', agentStart, (jobId: string) => ['--signal=TERM', `${jobId}.0`]],
])('%s is never lost, however early', async (_, id, cause, ready, words) => {
  const inspectors = watchInspectors(stack.directory);
  await start(id, OFFSETS.length);
  const jobs = await Promise.all(
    OFFSETS.map(async (offset, index) => {
      const jobId = await jobStart(id, index + 1);
      await ready?.(id, index + 1);
      await delay(offset);
      await send(...words(jobId));
      return jobId;
    }),
  );
  for (const { interruptions } of await expectComplete(id, OFFSETS.length)) {
    // None where the process was too young to be announced: its launch was lost.
    expect([[], [cause]]).toContainEqual(interruptions);
  }
  for (const [index, jobId] of jobs.entries()) {
    const shown = await stack.scheduler.show(jobId);
    const restarts = shown.kind === 'answer' ? shown.value?.restartCount : null;
    expect(restarts, `restarts after a notice at ${OFFSETS[index]} ms`).toBe(1);
  }
  expect(inspectors.stop()).toEqual([]);
});

test('a ready agent and a ready trainer honour a direct signal', async () => {
  const inspectors = watchInspectors(stack.directory);
  await start('direct', 3);
  const [first, second, third] = await Promise.all([1, 2, 3].map((number) => untilTraining(stack, 'direct', number)));
  process.kill(await agentPid(stack, 'direct', first!), 'SIGUSR1');
  process.kill(trainerPid(stack, second!, PROGRAM), 'SIGUSR1');
  process.kill(trainerPid(stack, third!, PROGRAM), 'SIGTERM');
  const trials = new Map((await expectComplete('direct', 3)).map((trial) => [trial.number, trial]));
  expect([1, 2, 3].map((number) => trials.get(number)!.interruptions)).toEqual([['limit'], ['limit'], ['preemption']]);
  expect(inspectors.stop()).toEqual([]);
});
