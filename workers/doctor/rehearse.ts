/**
 * The rehearsal: a real sweep of one trial, on a task queue and in a directory of its own, with a control worker in this
 * process. It is notified, preempted where that hurts nobody, and watched until it trains again. All of it ends with it (P11).
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { stringify } from 'yaml';
import { sweepLayout } from '../../activities/layout.ts';
import type { Job, Scheduler } from '../../activities/scheduler/port.ts';
import { isLive } from '../../activities/scheduler/states.ts';
import { mergeRows } from '../../trainer/rows.ts';
import { readResumeFile } from '../../trainer/resume-file.ts';
import type { TrialStatus } from '../../workflows/messages.ts';
import { newestTraining, readTrace, type Mark } from '../agent/trace-file.ts';
import { installRuntime, startControlWorker } from '../control-worker.ts';
import { compiled } from '../package-root.ts';
import { cancelJobs } from '../quickstart/left-overs.ts';
import { segmentTimes, type HistoryEvent } from '../quickstart/costs.ts';
import { notify, preempt, type Interrupted, type Preemptor, type Victim } from './interrupt.ts';
import type { JobPlan } from './job-plan.ts';
import type { Stage } from './finding.ts';
import { ensureJobEnds, timelineOf } from './rehearsal-timeline.ts';

export interface RehearseOptions {
  readonly client: Client;
  /** With `environment`, to which the agents' trace is added. */
  readonly createScheduler: (environment: Readonly<Record<string, string | undefined>>) => Scheduler;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly plan: JobPlan;
  readonly preemptor: Preemptor;
  /** Milliseconds by which this host's clock may be behind the controller's. */
  readonly clockMarginMs: number;
  /** Doctor's own directory in the shared one. */
  readonly directory: string;
  /** Seconds that the job may wait in the queue, each time. */
  readonly patience: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export type Cause = 'notice' | 'preemption';

export type Act =
  | {
      readonly cause: Cause;
      readonly kind: 'resumed';
      readonly stages: readonly Stage[];
      /** Of the checkpoint that the next segment began from, and of its first row. */
      readonly step: number;
      readonly next: number;
      /** Every step has exactly one row. */
      readonly exact: boolean;
    }
  | { readonly cause: Cause; readonly kind: 'skipped'; readonly why: string }
  | { readonly cause: Cause; readonly kind: 'stuck'; readonly why: string };

export type Rehearsal =
  | { readonly kind: 'rehearsed'; readonly acts: readonly Act[] }
  | { readonly kind: 'not started'; readonly why: string };

export async function rehearse(options: RehearseOptions): Promise<Rehearsal> {
  const { client, directory, signal, log } = options;
  const trace = join(directory, 'trace.jsonl');
  const scheduler = options.createScheduler({ ...options.environment, TEMPORAL_SWEEP_TRACE: trace });
  const sweepId = `doctor-${randomBytes(4).toString('hex')}`;
  const stage: OnStage = { ...options, scheduler, sweepId, root: directory, trace };
  installRuntime();
  const worker = await startControlWorker({
    ...{ root: directory, taskQueue: sweepId, scheduler, pollIntervalMs: 5_000, clockMarginMs: options.clockMarginMs },
  });
  try {
    await client.workflow.start('sweep', {
      ...{ taskQueue: sweepId, workflowId: sweepId, args: [await writeSweep(stage)] },
      staticSummary: 'rehearsal of temporal sweep doctor',
    });
    try {
      log('rehearsal: waiting for the trial to train');
      const training = await untilTraining(stage, null);
      if (training === null) return { kind: 'not started', why: await whatItDoes(stage) };
      const acts: Act[] = [await perform(stage, 'notice', notify)];
      if (acts.at(-1)?.kind !== 'stuck')
        acts.push(await perform(stage, 'preemption', (victim) => preempt(victim, options.preemptor)));
      return { kind: 'rehearsed', acts };
    } finally {
      await endSweep(stage);
    }
  } finally {
    await worker.stop();
    signal.throwIfAborted();
  }
}

// --- internal ---

interface OnStage extends RehearseOptions {
  readonly scheduler: Scheduler;
  readonly sweepId: string;
  readonly root: string;
  readonly trace: string;
}

async function writeSweep({ root, plan }: OnStage): Promise<string> {
  const file = join(root, 'sweep.yaml');
  const sweep = {
    program: compiled('workers/doctor/rehearsal-trainer'),
    method: 'grid',
    parameters: { rehearsal: { value: true } },
    temporal: {
      concurrency: 1,
      slurm: plan.options,
      ...(plan.launch !== null && { launch: plan.launch.path }),
      lead_time: '10s',
      heartbeat_timeout: '15s',
    },
  };
  await writeFile(file, stringify(sweep), { mode: 0o600 });
  return file;
}

/** @param job that has trained before. @returns null when patience is at its end. */
async function untilTraining({ trace, patience, signal }: OnStage, job: string | null): Promise<Mark | null> {
  for (const until = Date.now() + patience * 1_000; Date.now() < until; await delay(100, undefined, { signal })) {
    const newest = newestTraining(await readTrace(trace));
    if (newest !== null && newest.job !== job) return newest;
  }
  return null;
}

async function perform(
  stage: OnStage,
  cause: Cause,
  interrupt: (victim: Victim) => Promise<Interrupted>,
): Promise<Act> {
  const { client, root, sweepId, trace, scheduler, log, signal } = stage;
  await delay(2_000, undefined, { signal }); // something to lose
  const status = await trialStatus(stage);
  const job = await jobOf(scheduler, status.jobId);
  if (job === null) return { cause, kind: 'stuck', why: await whatItDoes(stage) };
  const before = newestTraining(await readTrace(trace))!.job;
  const zero = Date.now();
  const done = await interrupt({ ...stage, job });
  if (done.kind === 'skipped') return { cause, kind: 'skipped', why: done.why };
  log(`rehearsal: ${cause} for job ${job.jobId} on ${job.node}; waiting until it trains again`);
  const again = await untilTraining(stage, before);
  if (again === null) return { cause, kind: 'stuck', why: await whatItDoes(stage) };
  await delay(1_000, undefined, { signal }); // rows behind the first new step
  const segment = status.segments;
  const events = ((await client.workflow.getHandle(`${sweepId}/1`).fetchHistory()).events ??
    []) as readonly HistoryEvent[];
  const stages = timelineOf({
    marks: await readTrace(trace),
    times: segmentTimes(events),
    ensured: ensureJobEnds(events),
    ...{ before, after: again.job, segment, zero },
  });
  return { cause, kind: 'resumed', stages, ...proof(sweepLayout(root, sweepId).trial(1).segments, segment + 1) };
}

/** P5, P6: the rows on disk say whether a step was repeated or lost. */
function proof(segments: string, segment: number): { step: number; next: number; exact: boolean } {
  const resume = readResumeFile(segments, segment);
  const step = resume.kind === 'resume' ? resume.point.step : 0;
  const rows = mergeRows(segments, segment);
  const next = rows.find((row) => row.step > step)?.step ?? NaN;
  return { step, next, exact: step > 0 && next === step + 1 && rows.every((row, index) => row.step === index + 1) };
}

const trialStatus = ({ client, sweepId }: OnStage): Promise<TrialStatus> =>
  client.workflow.getHandle(`${sweepId}/1`).query<TrialStatus>('status');

async function jobOf(scheduler: Scheduler, jobId: string | null): Promise<Job | null> {
  const shown = jobId === null ? null : await scheduler.show(jobId);
  return shown?.kind === 'answer' ? shown.value : null;
}

async function whatItDoes(stage: OnStage): Promise<string> {
  const [status, sweep] = await Promise.all([
    trialStatus(stage).catch(() => null),
    stage.client.workflow
      .getHandle(stage.sweepId)
      .query<{ notes: readonly string[] }>('status')
      .catch(() => null),
  ]);
  return [status?.activity ?? 'the trial has not begun', ...(sweep?.notes ?? [])].join('; ');
}

/** Milliseconds that the trial may take to checkpoint and leave. */
const LEAVE = 30_000;

/** By cancellation first, so that the trial ends its job itself. */
async function endSweep({ client, sweepId, scheduler }: OnStage): Promise<void> {
  const handles = [sweepId, `${sweepId}/1`].map((id) => client.workflow.getHandle(id));
  await handles[0]!.cancel().catch(() => {});
  for (const until = Date.now() + LEAVE; Date.now() < until; await delay(200)) {
    const all = await Promise.all(handles.map((handle) => handle.describe().catch(() => null)));
    if (all.every((found) => found === null || found.status.name !== 'RUNNING')) break;
  }
  for (const handle of handles) await handle.terminate('the rehearsal is over').catch(() => {});
  const ours = ({ name }: Job): boolean => name.startsWith(`${sweepId}/`);
  await cancelJobs(scheduler, ours);
  for (const until = Date.now() + LEAVE; Date.now() < until; await delay(200)) {
    const listed = await scheduler.list();
    if (listed.kind === 'answer' && !listed.value.some((job) => isLive(job) && ours(job))) break;
  }
}
