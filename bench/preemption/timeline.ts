/**
 * One interruption, put together from what the product leaves behind anyway: Temporal's history, SLURM's log, the
 * allocations' directories; and from the agents' opt-in trace. One machine, one clock: all times are comparable.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepLayout } from '../../activities/layout.ts';
import type { TestStack } from '../../test/e2e/support/stack.ts';
import { first, FIRST_BATCH, last, type Mark } from '../../workers/agent/trace-file.ts';

/** In the order in which they are printed. */
export const STAGES = [
  'notice seen by agent',
  'checkpoint durable',
  'train ended (server)',
  'allocationEnded in history',
  'job over (SLURM)',
  'requeue issued',
  'released',
  'SLURM starts the job',
  'batch script runs again',
  'agent process up',
  'trainer spawned',
  'trainer ready',
  'SDK imported',
  'connected',
  'announced',
  'train started',
  'first new batch',
] as const;
export type Stage = (typeof STAGES)[number];
/** Milliseconds since the epoch. */
export type Times = Partial<Record<Stage, number>>;

export interface Interrupted {
  readonly sweepId: string;
  readonly root: string;
  /** `<job>.<restart count>` before and after. */
  readonly before: string;
  readonly after: string;
  readonly from: number;
}

export async function timeline(stack: TestStack, marks: readonly Mark[], sample: Interrupted): Promise<Times> {
  const { before, after, from } = sample;
  const agent = (job: string, what: string): number | undefined => first(marks, job, what);
  const times: Record<Stage, number | undefined> = {
    'notice seen by agent': agent(before, 'notice'),
    'checkpoint durable': later(last(marks, before, 'trainer: checkpoint'), agent(before, 'notice')),
    ...(await fromHistory(stack, sample)),
    ...(await fromSlurm(stack, sample)),
    'batch script runs again': await birthOf(sample),
    'agent process up': agent(after, 'agent process'),
    'trainer spawned': agent(after, 'trainer spawned'),
    'trainer ready': agent(after, 'trainer: ready'),
    'SDK imported': agent(after, 'SDK imported'),
    connected: agent(after, 'connected'),
    'train started': agent(after, 'train started'),
    'first new batch': agent(after, FIRST_BATCH),
  };
  return Object.fromEntries(Object.entries(times).filter(([, at]) => at !== undefined && at >= from - 1));
}

const later = (at: number | undefined, than: number | undefined): number | undefined =>
  at !== undefined && than !== undefined && at >= than ? at : undefined;

type HistoryStage = 'train ended (server)' | 'allocationEnded in history' | 'announced';

/** The first of each event behind `from`: nothing else happens to this trial in the meantime. */
async function fromHistory(
  stack: TestStack,
  { sweepId, from }: Interrupted,
): Promise<Record<HistoryStage, number | undefined>> {
  const { events = [] } = await stack.client.workflow.getHandle(`${sweepId}/1`).fetchHistory();
  const recent = (events ?? [])
    .map((event) => ({ event, at: milliseconds(event.eventTime) }))
    .filter(({ at }) => at >= from);
  const trains = new Set(
    (events ?? [])
      .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'train')
      .map((event) => String(event.eventId)),
  );
  const signal = (name: string): number | undefined =>
    recent.find(({ event }) => event.workflowExecutionSignaledEventAttributes?.signalName === name)?.at;
  const ended = recent.find(({ event }) => {
    const end = event.activityTaskCompletedEventAttributes ?? event.activityTaskFailedEventAttributes;
    return trains.has(String(end?.scheduledEventId));
  });
  return {
    'train ended (server)': ended?.at,
    'allocationEnded in history': signal('allocationEnded'),
    announced: signal('allocationStarted'),
  };
}

const milliseconds = (time: { seconds?: unknown; nanos?: number | null } | null | undefined): number =>
  Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1e6;

type SlurmStage = 'job over (SLURM)' | 'requeue issued' | 'released' | 'SLURM starts the job';

/** The controller's log has milliseconds and local time. */
async function fromSlurm(
  stack: TestStack,
  { before, from }: Interrupted,
): Promise<Record<SlurmStage, number | undefined>> {
  const job = before.split('.')[0]!;
  const text = await readFile(join(stack.directory, 'slurm/log/slurmctld.log'), 'utf8');
  const lines = text.split('\n').flatMap((line) => {
    const [, time, words] = /^\[([^\]]+)\] (.*)$/.exec(line) ?? [];
    const at = time === undefined ? NaN : new Date(time).getTime();
    return words !== undefined && at >= from && new RegExp(`JobId=${job}\\b`).test(words) ? [{ at, words }] : [];
  });
  const find = (pattern: RegExp): number | undefined => lines.find(({ words }) => pattern.test(words))?.at;
  return {
    'job over (SLURM)': find(/^_job_complete: .* done/),
    'requeue issued': find(/^Requeuing|requeued/),
    released: find(/setting begin to/),
    'SLURM starts the job': find(/sched: Allocate|_start_job: Started/),
  };
}

/** The script's first act makes the allocation's directory. */
async function birthOf({ root, sweepId, after }: Interrupted): Promise<number | undefined> {
  const [jobId = '', restart] = after.split('.');
  const { directory } = sweepLayout(root, sweepId)
    .trial(1)
    .allocation({ jobId, restartCount: Number(restart) });
  return stat(directory).then(
    ({ birthtimeMs }) => birthtimeMs,
    () => undefined,
  );
}
