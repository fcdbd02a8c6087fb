/**
 * From what the trial knows, what the scheduler and its accounting show, and what the cluster allows, to one action. Pure and
 * total: an unknown word only waits (P9).
 *
 * "its end" = the shown incarnation is `last`, the one the trial says has ended; "newer" = a higher restart count; "no word" = the
 * trial names no end of this job: then it is left alone in every state but CANCELLED (a job that ended by itself may have a
 * result on its way).
 *
 * | shown                  | its end: reported      | its end: heartbeat time-out | its end: seen | newer         | no word  |
 * |------------------------|------------------------|-----------------------------|---------------|---------------|----------|
 * | no record, for 5 s     | resubmit `gone`        | resubmit `gone`             | resubmit `gone` | -           | submit, or resubmit `gone` if a job was bound |
 * | lower restart count    | wait; after a minute resubmit `gone`                                   ||| -             | -        |
 * | PENDING under a hold   | wait (snapshot is old) | wait                        | release       | release       | release  |
 * | PENDING otherwise      | wait                   | wait                        | nothing       | nothing       | nothing  |
 * | held: failed launches  | let go, three times; then resubmit `refused`                                                 |||||
 * | held: by a requeue     | let go under the policy `expedite`, which brings it, three times; else nothing               |||||
 * | held: by a person      | nothing: its reason tells                                                                    |||||
 * | RUNNING and the like   | wait, after 30 s requeue | requeue; node silent: resubmit `node dead` | nothing | nothing  | nothing  |
 * | COMPLETING, has an end | wait: it may hide a scancel, also on a dead node                                        |||| nothing  |
 * | COMPLETING, has none, REQUEUED | wait; stuck for a minute: resubmit | node silent: resubmit `node dead`; stuck for 15 s: resubmit `refused` | as reported | by `last` | nothing |
 * | CANCELLED              | cancelled: someone ended it, and requeueing would undo that                                  |||||
 * | DEADLINE               | resubmit `refused`: a requeue would meet the same deadline                 ||| nothing      | nothing  |
 * | ended otherwise        | requeue                | requeue                     | requeue       | nothing; requeue if its launch was revoked ||
 * | REVOKED, unknown word  | wait; after four minutes resubmit `refused`                            ||| nothing       | nothing  |
 *
 * Under the policy `resubmit` every "requeue" and "release" is a resubmit `policy` instead.
 *
 * P1: of several live jobs with the token the bound one stays, else the lowest id; the others are strays.
 * P7: an end that was reported is acted on only when SLURM's record has settled; a user's scancel looks like a preemption before.
 */
import type { EnsureJobInput, EnsureJobResult } from '../../workflows/activities.ts';
import type { Policy } from './policy.ts';
import type { Job } from './port.ts';
import { heldBy, isUnderHold } from './reasons.ts';
import { isBeingRequeued, isLive, isRevokedLaunch, phase } from './states.ts';

export type Why = NonNullable<Extract<EnsureJobResult, { kind: 'resubmit' }>['why']>;

export type Decision =
  | { readonly action: 'submit' }
  | { readonly action: 'look again' }
  | { readonly action: 'nothing' | 'wait' | 'requeue' | 'release' | 'let go' | 'cancelled'; readonly job: Job }
  /** Decide again with the answer to: does the node of this job answer the controller? */
  | { readonly action: 'ask node'; readonly job: Job; readonly node: string }
  | { readonly action: 'resubmit'; readonly why: Why; readonly reason: string; readonly job: Job | null };

export interface Plan {
  readonly decision: Decision;
  /** Live jobs with the same token that must not work: to be cancelled. */
  readonly strays: readonly Job[];
}

export interface Moment {
  /** Seconds since the epoch, by SLURM's clock. */
  readonly now: number;
  /** Milliseconds since this reconciliation began. */
  readonly waitedMs: number;
  readonly policy: Policy;
  /** How often that job has been let out of a hold after failed launches. */
  readonly unheld: (jobId: string) => number;
  /** Null: the node has not been asked about. */
  readonly nodeSilent: boolean | null;
}

/** Milliseconds for which a job must be missing: a controller that restarts may not know all of them yet. */
const GONE = 5_000;
/** Milliseconds a job may show RUNNING after its agent said goodbye. */
const LINGER = 30_000;
/** Milliseconds a job on its way back into the queue may need, KillWait included. After a heartbeat time-out a dead node is likelier. */
const STUCK = 60_000;
const STUCK_SILENT = 15_000;
/** Milliseconds after which the node of a silent agent is asked about: a requeue makes SLURM notice that it is dead. */
const ASK = 3_000;
/** Milliseconds after which a word that says nothing is no longer waited for. */
const UNREADABLE = 240_000;
/** Releases from SLURM's own hold. */
const LET_GO = 3;

export function decide(input: EnsureJobInput, jobs: readonly Job[], moment: Moment): Plan {
  const job = choose(input, jobs);
  const strays = jobs.filter((other) => other !== job && other.jobId !== input.jobId && isLive(other));
  return { decision: job === null ? withoutJob(input, moment) : withJob(input, job, moment), strays };
}

/** P1: the bound job; without one the lowest id that lives, else the lowest that lived. */
function choose(input: EnsureJobInput, jobs: readonly Job[]): Job | null {
  if (input.jobId !== null) return jobs.find((job) => job.jobId === input.jobId) ?? null;
  const ordered = jobs.toSorted((one, other) => Number(one.jobId) - Number(other.jobId));
  return ordered.find(isLive) ?? ordered[0] ?? null;
}

function withoutJob(input: EnsureJobInput, moment: Moment): Decision {
  const jobId = input.jobId ?? input.last?.jobId;
  if (jobId === undefined) return { action: 'submit' };
  if (moment.waitedMs < GONE) return { action: 'look again' };
  return { action: 'resubmit', why: 'gone', reason: `SLURM has no record of job ${jobId} any more`, job: null };
}

type Relation = 'its end' | 'newer' | 'older' | 'no word';

function relate(last: EnsureJobInput['last'], job: Job): Relation {
  if (last === null || last.jobId !== job.jobId) return 'no word';
  if (job.restartCount === last.restartCount) return 'its end';
  return job.restartCount > last.restartCount ? 'newer' : 'older';
}

function withJob(input: EnsureJobInput, job: Job, moment: Moment): Decision {
  const relation = relate(input.last, job);
  const known = input.last?.known;
  const itsEnd = relation === 'its end';
  const nothing: Decision = { action: 'nothing', job };
  const wait: Decision = { action: 'wait', job };
  const resubmit = (why: Why, reason: string): Decision => ({ action: 'resubmit', why, reason, job });
  const again = (action: 'requeue' | 'release'): Decision =>
    moment.policy === 'resubmit'
      ? resubmit('policy', `job ${job.jobId} is ${job.state}: a new job takes its place`)
      : { action, job };
  /** R2: a record from before the incarnation that ended says nothing. */
  if (relation === 'older')
    return moment.waitedMs < STUCK
      ? wait
      : resubmit('gone', `SLURM knows only restart ${job.restartCount} of job ${job.jobId}`);

  switch (phase(job)) {
    case 'held':
      return held(job, moment, resubmit) ?? nothing;
    case 'pending':
      if (itsEnd && known !== 'seen') return wait;
      return isUnderHold(job, moment.now) ? again('release') : nothing;
    case 'running':
      if (!itsEnd || known === 'seen') return nothing;
      if (known === 'reported') return moment.waitedMs < LINGER ? wait : again('requeue');
      if (moment.nodeSilent === null && job.node !== null) return { action: 'ask node', job, node: job.node };
      return moment.nodeSilent === true ? resubmit('node dead', silent(job)) : again('requeue');
    case 'ending':
      if (relation === 'no word') return nothing;
      if (!isBeingRequeued(job)) return wait; // P7
      return stuck(job, known, moment, resubmit) ?? wait;
    case 'ended':
      if (job.state === 'CANCELLED') return { action: 'cancelled', job };
      if (!itsEnd && !isRevokedLaunch(job)) return nothing;
      if (job.state === 'DEADLINE')
        return resubmit('refused', `job ${job.jobId} met its deadline and would meet it again`);
      return again('requeue');
    case 'unknown':
      if (!itsEnd) return nothing;
      return moment.waitedMs < UNREADABLE ? wait : resubmit('refused', `SLURM calls job ${job.jobId} ${job.state}`);
  }
}

type Resubmit = (why: Why, reason: string) => Decision;

function held(job: Job, moment: Moment, resubmit: Resubmit): Decision | null {
  switch (heldBy(job)) {
    case 'launch':
      if (moment.unheld(job.jobId) < LET_GO) return { action: 'let go', job };
      return resubmit('refused', `SLURM cannot launch job ${job.jobId}: ${job.reason}`);
    case 'requeue':
      return moment.policy === 'expedite' && moment.unheld(job.jobId) < LET_GO ? { action: 'let go', job } : null;
    default:
      return null;
  }
}

function stuck(job: Job, known: string | undefined, moment: Moment, resubmit: Resubmit): Decision | null {
  const silentAgent = known === 'heartbeat time-out';
  if (moment.waitedMs < (silentAgent ? ASK : STUCK)) return null;
  if (moment.nodeSilent === null && job.node !== null) return { action: 'ask node', job, node: job.node };
  if (moment.nodeSilent === true) return resubmit('node dead', silent(job));
  if (moment.waitedMs < (silentAgent ? STUCK_SILENT : STUCK)) return null;
  return resubmit(
    'refused',
    `job ${job.jobId} is to be requeued, but does not leave its node ${job.node ?? ''}`.trimEnd(),
  );
}

const silent = (job: Job): string => `job ${job.jobId} hangs on ${job.node}, which does not answer SLURM`;
