/**
 * From what the trial knows and what the scheduler shows to one action. Pure and total: an unknown word only waits (P9).
 *
 * "its end" = the shown incarnation is `last`, the one the trial says has ended; "newer" = a higher restart count;
 * "no word" = the trial names no end of this job: then it is left alone in every state but CANCELLED (a job that ended
 * by itself may have a result on its way).
 *
 * | shown                 | its end: reported       | its end: heartbeat time-out | its end: seen  | newer          | no word   |
 * |-----------------------|-------------------------|-----------------------------|----------------|----------------|-----------|
 * | no record             | resubmit                | resubmit                    | resubmit       | -              | submit, or resubmit if a job was bound |
 * | PENDING under a hold  | wait (snapshot is old)  | wait                        | release        | release        | release   |
 * | PENDING otherwise     | wait                    | wait                        | nothing        | nothing        | nothing   |
 * | held                  | nothing: its Reason tells                                                                        ||||
 * | RUNNING and the like  | wait, after 30 s requeue| requeue at once             | nothing        | nothing        | nothing   |
 * | COMPLETING, REQUEUED  | wait                    | wait, after 15 s requeue    | wait           | wait           | nothing   |
 * | CANCELLED             | cancelled: someone ended it, and requeueing would undo that                                     |||||
 * | ended otherwise       | requeue                 | requeue                     | requeue        | nothing; requeue if its launch was revoked | nothing |
 * | unknown word          | wait                    | wait                        | wait           | nothing        | nothing   |
 *
 * P1: of several live jobs with the token the bound one stays, else the lowest id; the others are strays.
 * P7: an end that was reported is acted on only when SLURM's record has settled; a user's scancel looks like a preemption before.
 */
import type { EnsureJobInput } from '../../workflows/activities.ts';
import type { Job } from './port.ts';
import { isLive, isRevokedLaunch, phase } from './states.ts';

export type Decision =
  | { readonly action: 'submit' }
  | { readonly action: 'nothing'; readonly job: Job }
  | { readonly action: 'wait'; readonly job: Job }
  | { readonly action: 'requeue'; readonly job: Job }
  | { readonly action: 'release'; readonly job: Job }
  | { readonly action: 'cancelled'; readonly job: Job }
  | { readonly action: 'resubmit'; readonly reason: string };

export interface Plan {
  readonly decision: Decision;
  /** Live jobs with the same token that must not work: to be cancelled. */
  readonly strays: readonly Job[];
}

export interface Moment {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Milliseconds since this reconciliation began. */
  readonly waitedMs: number;
}

/** Milliseconds a job may show RUNNING after its agent said goodbye. */
const LINGER = 30_000;
/** Milliseconds COMPLETING may hide a scancel after a heartbeat time-out; longer means a dead node. */
const HIDDEN = 15_000;

export function decide(input: EnsureJobInput, jobs: readonly Job[], moment: Moment): Plan {
  const job = choose(input, jobs);
  const strays = jobs.filter((other) => other !== job && other.jobId !== input.jobId && isLive(other));
  return { decision: job === null ? withoutJob(input) : withJob(input, job, moment), strays };
}

/** P1: the bound job; without one the lowest id that lives, else the lowest that lived. */
function choose(input: EnsureJobInput, jobs: readonly Job[]): Job | null {
  if (input.jobId !== null) return jobs.find((job) => job.jobId === input.jobId) ?? null;
  const ordered = jobs.toSorted((one, other) => Number(one.jobId) - Number(other.jobId));
  return ordered.find(isLive) ?? ordered[0] ?? null;
}

function withoutJob(input: EnsureJobInput): Decision {
  if (input.jobId === null && input.last === null) return { action: 'submit' };
  const jobId = input.jobId ?? input.last?.jobId;
  return { action: 'resubmit', reason: `SLURM has no record of job ${jobId} any more` };
}

type Relation = 'reported' | 'heartbeat time-out' | 'seen' | 'newer' | 'older' | 'no word';

function relate(last: EnsureJobInput['last'], job: Job): Relation {
  if (last === null || last.jobId !== job.jobId) return 'no word';
  if (job.restartCount === last.restartCount) return last.known;
  return job.restartCount > last.restartCount ? 'newer' : 'older';
}

function withJob(input: EnsureJobInput, job: Job, moment: Moment): Decision {
  const relation = relate(input.last, job);
  const nothing: Decision = { action: 'nothing', job };
  const wait: Decision = { action: 'wait', job };
  const itsEnd = relation === 'reported' || relation === 'heartbeat time-out' || relation === 'seen';
  if (relation === 'older') return wait; // R2: a record from before the incarnation that ended; it says nothing yet
  switch (phase(job)) {
    case 'held':
      return nothing;
    case 'pending':
      if (itsEnd && relation !== 'seen') return wait;
      return isUnderHold(job, moment.now) ? { action: 'release', job } : nothing;
    case 'running':
      if (relation === 'heartbeat time-out') return { action: 'requeue', job };
      if (relation === 'reported') return moment.waitedMs < LINGER ? wait : { action: 'requeue', job };
      return nothing;
    case 'ending':
      if (relation === 'heartbeat time-out' && moment.waitedMs >= HIDDEN) return { action: 'requeue', job };
      return relation === 'no word' ? nothing : wait;
    case 'ended':
      if (job.state === 'CANCELLED') return { action: 'cancelled', job };
      if (itsEnd || isRevokedLaunch(job)) return { action: 'requeue', job };
      return nothing;
    case 'unknown':
      return itsEnd ? wait : nothing;
  }
}

/** Reasons of a job that may start as far as its begin time goes, or that a release must not touch; their StartTime is an estimate. */
const NOT_A_HOLD =
  /^(Resources|Priority|Dependency|Licenses|Reservation|Partition|Part|QOS|Assoc|Max|JobArray|Bad|Invalid|ReqNode|Nodes_required|BurstBuffer|FedJob)/;

/** Seconds that a released job may still have to wait for. */
const RELEASED = 3;

/**
 * A requeue sets the begin time 121 s ahead, a release to the next second at most. The Reason is no proof: until the scheduler's next pass it is the one of the
 * end (`NonZeroExitCode`). A first launch with a begin time has the user's own, which stays.
 */
export function isUnderHold(job: Job, now: number): boolean {
  return (
    job.restartCount > 0 && job.startTime !== null && job.startTime > now + RELEASED && !NOT_A_HOLD.test(job.reason)
  );
}
