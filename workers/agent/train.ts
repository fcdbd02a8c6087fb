/**
 * The `train` activity: grants the waiting trainer one segment, passes on what it tells, and comes to one outcome.
 *
 * P2 it refuses a segment of another allocation.    P4 the outcome is on disk before it is reported.
 * P6 the objective is a row's value: the last one's, or that of the best weights where they were restored.
 * P8 an interruption is returned, never thrown.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { decodeNumber, type EncodedMetrics } from '../../trainer/codec.ts';
import { type Notice, supersedes } from '../../trainer/notice.ts';
import { positionOf } from '../../trainer/position.ts';
import type { FromTrainer, Row } from '../../trainer/protocol.ts';
import type { AgentActivities, TrainHeartbeat, TrainInput } from '../../workflows/activities.ts';
import type { Allocation, Cause, Outcome, Position } from '../../workflows/messages.ts';
import type { JobFile } from '../job-file.ts';
import { writePace } from '../lead-time.ts';
import { trialLayout } from '../../activities/layout.ts';
import type { JobEnd } from './job-end.ts';
import { showCurves } from './live-curves.ts';
import type { Notices } from './notice.ts';
import { beginSegment, collectCheckpoints, writeOutcome } from './segment.ts';
import { createStopwatch } from './stopwatch.ts';
import type { TrainerEnd, TrainerProcess } from './trainer-process.ts';

export interface TrainDependencies {
  readonly job: JobFile;
  readonly allocation: Allocation;
  readonly node: string;
  readonly notices: Notices;
  readonly jobEnd: JobEnd;
  readonly trainer: TrainerProcess;
  /** Stops the Worker: called before the activity ends, so that an old agent takes no new work. */
  readonly leave: (told: { segment: number; outcome: Outcome }) => void;
}

/** How long after a notice without a known deadline a trainer may take, at least, before it is killed. Milliseconds. */
const PATIENCE = 120_000;
/** Milliseconds between heartbeats while the trainer loads, and for how long it may. */
const BEAT = 5_000;
const LOADING = 30 * 60_000;
/** How much later a signal to the whole step may arrive here. Milliseconds. */
const SIGNAL_LAG = 500;
/** Longest message of a failure, in characters: history is no place for a dumped tensor. */
const LONGEST_MESSAGE = 4_000;
/** Longest warning in a heartbeat, in characters: it travels again with each of them. */
const LONGEST_WARNING = 500;

export function createTrain(deps: TrainDependencies): AgentActivities {
  return { train: (input) => train(deps, input) };
}

async function train(deps: TrainDependencies, input: TrainInput): Promise<Outcome> {
  const { job, allocation, trainer, notices, jobEnd } = deps;
  const { segment } = input;
  const context = Context.current();
  refuseOthers(input, allocation);
  const begun = await beginSegment(job.trialDirectory, segment, allocation);
  if (begun.claim.kind === 'taken')
    throw ApplicationFailure.nonRetryable(`segment ${segment} belongs to ${begun.claim.owner}`, 'SegmentTaken');
  for (const warning of begun.warnings) context.log.warn(warning);

  const { step = 0, epoch = 0, batch = 0 } = begun.resume ?? {};
  const position: { durable: Position; live: Position } = {
    durable: { step, epoch, batch },
    live: { step, epoch, batch },
  };
  let checkpoints = 0;
  let loss: number | string | null = null;
  let batches = 0;
  let warning: string | null = null;
  const stopwatch = createStopwatch();
  const beat = (): void => {
    const { jobId, restartCount } = allocation;
    context.heartbeat({
      ...position.live,
      batches,
      loss,
      jobId,
      restartCount,
      node: deps.node,
      ...(warning === null ? {} : { warning }),
    } satisfies TrainHeartbeat);
  };
  const hear = (message: FromTrainer): void => {
    if (message.type === 'ready') return; // said before the grant
    stopwatch.hear(message);
    if (message.type === 'warning') {
      warning = message.message.slice(0, LONGEST_WARNING);
      context.log.warn(message.message);
    }
    if (message.type === 'started') {
      clearInterval(loading);
      for (const warning of message.warnings) context.log.warn(warning);
    }
    if (message.type === 'checkpoint') {
      position.durable = positionOf(message);
      checkpoints += 1;
      // Not beyond where this segment began: a successor, if we are cut off from it, cannot have begun before that.
      if (checkpoints === 2) void collectCheckpoints(job.trialDirectory, begun.resume?.segment ?? segment);
    }
    if (message.type === 'row') void showRow(message);
    if (message.type === 'progress') {
      position.live = { step: message.step, epoch: message.epoch, batch: message.batch };
      batches = message.batches;
      loss = message.metrics['loss'] ?? null;
    }
    if (stopwatch.isLastCall(jobEnd.current())) push({ cause: 'limit', deadline: jobEnd.current() });
    beat(); // heartbeats follow the trainer's own progress only: a hung loop must time out
  };

  let pushed: Notice | null = null;
  let patience: NodeJS.Timeout | undefined;
  const push = (notice: Notice): void => {
    const now = Date.now();
    if (pushed !== null && !supersedes(notice, pushed, now)) return;
    pushed = notice;
    trainer.send({ type: 'notice', ...notice });
    clearTimeout(patience);
    const left = notice.deadline === null ? Math.max(PATIENCE, job.leadSeconds * 1_000) : notice.deadline - now;
    patience = setTimeout(() => void trainer.kill(), Math.max(1_000, left));
  };
  // Data may take minutes to load, before the trainer can say anything.
  const loadedBy = Date.now() + LOADING;
  const loading = setInterval(() => {
    if (Date.now() < loadedBy) beat();
    else clearInterval(loading);
  }, BEAT);
  beat();
  const showRow = showCurves(job.trialDirectory, segment);
  trainer.subscribe(hear);
  trainer.send({
    type: 'grant',
    segment,
    directory: trialLayout(job.trialDirectory).segment(segment).directory,
    resume: begun.resume,
  });
  notices.subscribe(push);
  context.cancelled.catch(() => push({ cause: 'cancel', deadline: null }));

  const end = await trainer.end;
  clearInterval(loading);
  // The signal that ended a trainer without handlers may reach this process a moment later.
  if ((end.kind === 'died' || end.kind === 'printed') && pushed === null) await delay(SIGNAL_LAG);
  clearTimeout(patience);
  const notice = pushed as Notice | null;
  const plain = shortened(outcomeOf(end, job, notice?.cause ?? null, position.durable));
  // Not where somebody else sent the signal, far from the end.
  const isLimit = notice?.cause === 'limit' && (notice.deadline !== null || jobEnd.current() === null);
  const isStuck = isLimit && plain.status === 'interrupted' && plain.step <= step;
  if (isStuck) context.log.warn(stopwatch.explain());
  const [outcome] = await Promise.all([
    keep(job, segment, isStuck ? { ...plain, note: stopwatch.explain() } : plain),
    writePace(job.trialDirectory, segment, stopwatch.measured),
  ]);
  deps.leave({ segment, outcome });
  if (outcome.status === 'failed') throw ApplicationFailure.nonRetryable(outcome.message, outcome.type);
  return outcome;
}

function shortened(outcome: Outcome): Outcome {
  if (outcome.status !== 'failed' || outcome.message.length <= LONGEST_MESSAGE) return outcome;
  return { ...outcome, message: `${outcome.message.slice(0, LONGEST_MESSAGE)} … (all of it is in the job's output)` };
}

/** P4. A directory that is full or gone makes the segment a failed one; the agent leaves all the same. */
async function keep(job: JobFile, segment: number, outcome: Outcome): Promise<Outcome> {
  try {
    await writeOutcome(job.trialDirectory, segment, outcome);
    return outcome;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      status: 'failed',
      type: 'StorageError',
      message: `the outcome of segment ${segment} could not be written: ${why}`,
    };
  }
}

/** R2: only the very incarnation that the trial meant. */
function refuseOthers(input: TrainInput, mine: Allocation): void {
  const { jobId, restartCount, submission } = input.allocation;
  if (jobId === mine.jobId && restartCount === mine.restartCount && submission === mine.submission) return;
  throw ApplicationFailure.nonRetryable(
    `segment ${input.segment} is for job ${jobId}.${restartCount}; this is ${mine.jobId}.${mine.restartCount}`,
    'WrongAllocation',
  );
}

export function outcomeOf(
  end: TrainerEnd,
  job: Pick<JobFile, 'metric' | 'command'>,
  cause: Cause | null,
  durable: Position,
): Outcome {
  switch (end.kind) {
    case 'outcome': {
      const { outcome } = end;
      return outcome.status === 'completed' ? completed(outcome, job.metric) : outcome;
    }
    case 'printed':
      // After a notice an exit says nothing: the program may have left because of its signal.
      return cause === null ? completed(end.last, job.metric) : { status: 'interrupted', cause, ...durable };
    case 'missing':
      return { status: 'failed', type: 'ProgramMissing', message: `the trainer could not be started: ${end.message}` };
    case 'garbage':
      return {
        status: 'failed',
        type: 'ProtocolError',
        message: `the trainer wrote a line that is not the protocol: ${end.message} (write logs to stdout; the descriptor in TEMPORAL_SWEEP_FD takes protocol lines only)`,
      };
    case 'died':
      // A trainer that a notice's signal has killed was interrupted, at its last durable checkpoint.
      if (cause !== null) return { status: 'interrupted', cause, ...durable };
      return { status: 'failed', type: 'TrainerDied', message: died(end, job) };
  }
}

function completed({ step, epoch, metrics }: Row, metric: string | null): Outcome {
  const value = objective(metrics, metric);
  const why = note(metrics, metric, value);
  return { status: 'completed', step, epoch, batch: 0, metrics, objective: value, note: why };
}

function died(end: Extract<TrainerEnd, { kind: 'died' }>, job: Pick<JobFile, 'command'>): string {
  const how = end.signal === null ? `exited with code ${end.code}` : `was killed by ${end.signal}`;
  const hint = end.spoke
    ? ''
    : '; it never spoke the protocol (does the script call defineTrial, or print lines such as {"loss": 0.1}?)';
  // A guess, and marked as one: the record that the trial reads afterwards may say OUT_OF_MEMORY.
  const killed =
    end.signal === 'SIGKILL' || end.code === 137 ? ' (out of memory? "mem" under temporal.slurm sets the limit)' : '';
  return `the trainer ${how}${killed} without reporting an outcome${hint}: ${job.command.join(' ').slice(0, 300)}`;
}

/** Why a completed trial cannot be compared; empty when it can. */
function note(metrics: EncodedMetrics, name: string | null, value: number | null): string {
  if (name === null || value !== null) return '';
  if (Object.hasOwn(metrics, name)) return `metric ${name} is ${metrics[name]}`;
  return `metric ${name} was never reported; reported: ${Object.keys(metrics).join(', ') || 'none'}`;
}

/** A metric that was never reported, or is not finite, cannot be compared. */
function objective(metrics: EncodedMetrics, name: string | null): number | null {
  const value = name === null ? undefined : metrics[name];
  if (value === undefined) return null;
  const decoded = decodeNumber(value);
  return Number.isFinite(decoded) ? decoded : null;
}
