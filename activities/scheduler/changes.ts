/** Which sight of a job is worth telling its trial. Pure. */
import type { JobChanged } from '../../workflows/messages.ts';
import type { Job } from './port.ts';
import { explained, isUnderHold } from './reasons.ts';
import { phase } from './states.ts';

/** What the poller remembers of one job; in memory only, since telling again after a restart does no harm. */
export interface Told {
  /** `<restart count> <state> <reason>` of the last word; null: none yet. */
  readonly word: string | null;
  /** Milliseconds since the epoch of the last word about a queue. */
  readonly queueWordAt: number;
  readonly restartCount: number;
  /** Rounds in a row in which it waited under the hold of a requeue: ensureJob releases it within one. */
  readonly holds: number;
  /** Rounds in a row in which the job was not listed. */
  readonly missed: number;
  /** Its end, or that it is forgotten, has been told: no need to look for it when it leaves the list. */
  readonly over: boolean;
}

export const notTold = (restartCount: number): Told => ({
  word: null,
  queueWordAt: -Infinity,
  restartCount,
  holds: 0,
  missed: 0,
  over: false,
});

/** A reason for waiting is told at most this often per job. Milliseconds. */
const QUEUE_WORD = 10_000;

/** `told` is to be kept only once the trial has accepted `news`. */
export interface Sight {
  readonly news: JobChanged | null;
  readonly told: Told;
}

/**
 * Told: a settled end; a hold that SLURM's own requeue brought, or that nobody lifts (a held job was let go, say); a new reason for waiting, held ones too, each with what mends it
 * where waiting does not.
 * Not told: RUNNING and the like (the agent announces itself), COMPLETING (it hides what it will be), REVOKED, unknown words,
 * and the short `None` and `BeginTime` of a job just released.
 */
export function see(job: Job, told: Told, now: number): Sight {
  const seen = { ...told, missed: 0, over: phase(job) === 'ended', holds: 0 };
  const word = `${job.restartCount} ${job.state} ${job.reason}`;
  if (word === told.word) return { news: null, told: seen };
  const news: JobChanged = {
    jobId: job.jobId,
    restartCount: job.restartCount,
    state: job.state,
    reason: explained(job),
  };
  switch (phase(job)) {
    case 'ended':
      return { news, told: { ...seen, word, restartCount: Math.max(told.restartCount, job.restartCount) } };
    case 'pending':
      if (isUnderHold(job, now / 1_000)) {
        const holds = told.holds + 1;
        if (job.restartCount <= told.restartCount && holds < 2) return { news: null, told: { ...seen, holds } };
        return { news, told: { ...seen, word, restartCount: job.restartCount, queueWordAt: now } };
      }
      if (job.reason === 'None' || job.reason === 'BeginTime' || isEndReason(job.reason))
        return { news: null, told: seen };
      return queueWord(news, seen, word, now);
    case 'held':
      return queueWord(news, seen, word, now);
    default:
      return { news: null, told: seen };
  }
}

function queueWord(news: JobChanged, told: Told, word: string, now: number): Sight {
  if (now - told.queueWordAt < QUEUE_WORD) return { news: null, told };
  return { news, told: { ...told, word, queueWordAt: now } };
}

/** Until the scheduler's next pass a requeued job shows the reason of its end. */
const isEndReason = (reason: string): boolean =>
  /^(NonZeroExitCode|TimeLimit|RaisedSignal|NodeDown|NodeFail|SystemFailure|JobLaunchFailure|OutOfMemory|DeadLine|BootFail)/i.test(
    reason,
  );

/** Rounds without a sight, each with an own look-up, before a job counts as forgotten by the scheduler. */
const FORGOTTEN = 3;

/** A job that neither the list nor a look-up of its own shows. */
export function miss(jobId: string, told: Told): Sight {
  const missed = told.missed + 1;
  if (missed < FORGOTTEN || told.word === 'gone') return { news: null, told: { ...told, missed } };
  const news: JobChanged = {
    jobId,
    restartCount: told.restartCount,
    state: 'UNKNOWN',
    reason: 'the scheduler has no record of this job',
  };
  return { news, told: { ...told, missed, word: 'gone', over: true } };
}
