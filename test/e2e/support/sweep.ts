/** What the tests start, watch and look at: short MNIST sweeps, live trials, rows and weights on disk. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { sweepLayout } from '../../../activities/layout.ts';
import { readTrials } from '../../../activities/results/read-trials.ts';
import { findResumePoint } from '../../../trainer/restore.ts';
import type { Row } from '../../../trainer/protocol.ts';
import type { SweepStatus, TrialEnded, TrialStatus } from '../../../workflows/messages.ts';
import { packageRoot } from '../../../workers/package-root.ts';
import type { TestStack } from './stack.ts';

export interface SweepPlan {
  readonly trials?: number;
  readonly epochs?: number;
  readonly program?: string;
  readonly temporal?: Record<string, unknown>;
  /** Any other keys of sweep.yaml. */
  readonly keys?: Record<string, unknown>;
}

/** Writes a sweep.yaml beside the stack's other files; its program is the MNIST example unless told otherwise. */
export async function writeSweep(stack: TestStack, name: string, plan: SweepPlan = {}): Promise<string> {
  const { trials = 4, epochs = 20, program = join(packageRoot(), 'examples/mnist/train.ts') } = plan;
  const file = join(stack.directory, `${name}.yaml`);
  const sweep = {
    program,
    method: 'random',
    metric: { name: 'loss', goal: 'minimize' },
    run_cap: trials,
    parameters: { lr_max: { distribution: 'log_uniform_values', min: 1e-3, max: 1e-1 }, epochs: { value: epochs } },
    ...plan.keys,
    temporal: {
      seed: 1,
      concurrency: trials,
      slurm: { partition: 'low', 'cpus-per-task': 1, time: 10 },
      ...plan.temporal,
    },
  };
  await writeFile(file, stringify(sweep), { mode: 0o600 });
  return file;
}

export async function startSweep(stack: TestStack, id: string, file: string): Promise<void> {
  const result = await stack.cli('start', file, '--id', id);
  if (result.exitCode !== 0) throw new Error(String(result.stderr));
}

/** Asks every 100 ms until `look` gives something; the error tells what was waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  seconds = 120,
): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look().catch(() => null);
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(100);
  }
}

export const sweepStatus = (stack: TestStack, id: string): Promise<SweepStatus> =>
  stack.client.workflow.getHandle(id).query('status');

export const trialStatus = (stack: TestStack, id: string, number: number): Promise<TrialStatus> =>
  stack.client.workflow.getHandle(`${id}/${number}`).query('status');

/** Until the trial's newest segment has trained to a step beyond `step` (by its durable rows or heartbeats on disk). */
export const untilTraining = (stack: TestStack, id: string, number: number, segment = 1): Promise<TrialStatus> =>
  until(`trial ${number} trains in segment ${segment}`, async () => {
    const status = await trialStatus(stack, id, number);
    if (status.state !== 'running' || status.segments < segment) return null;
    const rows = await segmentRows(stack, id, number, status.segments);
    return rows.length > 0 ? status : null;
  });

export async function segmentRows(stack: TestStack, id: string, number: number, segment: number): Promise<Row[]> {
  const file = sweepLayout(stack.root, id).trial(number).segment(segment).metrics;
  return parseRows(await readFile(file, 'utf8').catch(() => ''));
}

/** The merged view, as a user reads it. */
export const trialRows = async (stack: TestStack, id: string, number: number): Promise<Row[]> =>
  parseRows(await readFile(sweepLayout(stack.root, id).trial(number).metrics, 'utf8'));

const parseRows = (text: string): Row[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);

/** The last checkpoint of the trial's newest segment. */
export async function finalWeights(stack: TestStack, id: string, number: number): Promise<Buffer> {
  const trial = sweepLayout(stack.root, id).trial(number);
  const { point } = await findResumePoint(trial.segments, Math.max(...(await segments(stack, id, number))));
  if (point === null) throw new Error(`no checkpoint in ${trial.segments}`);
  return readFile(point.file);
}

/** What users find: the checkpoint of the best epoch. */
export const bestWeights = (stack: TestStack, id: string, number: number): Promise<Buffer> =>
  readFile(join(sweepLayout(stack.root, id).trial(number).best, 'checkpoint.safetensors'));

export const ended = (stack: TestStack, id: string): Promise<TrialEnded[]> =>
  readTrials(sweepLayout(stack.root, id).trials);

export const segments = async (stack: TestStack, id: string, number: number): Promise<number[]> =>
  (await readdir(sweepLayout(stack.root, id).trial(number).segments)).map(Number).sort((a, b) => a - b);

/** The process id that the agent of an allocation left in its `ready` file. */
export async function agentPid(stack: TestStack, id: string, status: TrialStatus): Promise<number> {
  const { jobId, restartCount } = status;
  if (jobId === null || restartCount === null) throw new Error('the trial has no allocation');
  return Number(
    await readFile(sweepLayout(stack.root, id).trial(status.number).allocation({ jobId, restartCount }).ready, 'utf8'),
  );
}

/** All jobs of this stack that are not over. */
export async function liveJobs(stack: TestStack): Promise<string[]> {
  const listed = await stack.scheduler.list();
  if (listed.kind === 'unknown') throw new Error(listed.message);
  return listed.value
    .filter((job) => ['PENDING', 'RUNNING', 'COMPLETING', 'CONFIGURING', 'SUSPENDED'].includes(job.state))
    .map((job) => `${job.jobId} ${job.state}`);
}

/** All that the sweep's jobs have printed. */
export async function outputs(stack: TestStack, id: string): Promise<string> {
  const directory = sweepLayout(stack.root, id).directory;
  const names = await readdir(directory, { recursive: true });
  const texts = names
    .filter((name) => name.endsWith('output.log'))
    .map((name) => readFile(join(directory, name), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}
