/** SLURM's reasons for waiting, sorted by who can end the wait. Pure. */
import type { Job } from './port.ts';

/** squeue prints some reasons with blanks, some with underscores. */
const plain = (reason: string): string => reason.replaceAll('_', ' ');

/**
 * Who holds a job back until it is released:
 * - `launch`: SLURM, after launches that failed; nobody else will let it go (ArjunaUsers #56, #63).
 * - `requeue`: a requeue into a held state: `scontrol requeuehold`, the site's RequeueExitHold, or an expedited requeue after a failure.
 * - `person`: the user or an administrator.
 */
export type Holder = 'launch' | 'requeue' | 'person';

export function heldBy({ state, reason }: Pick<Job, 'state' | 'reason'>): Holder | null {
  if (state === 'REQUEUE_HOLD' || state === 'SPECIAL_EXIT') return 'requeue';
  if (state !== 'PENDING') return null;
  if (/^JobHoldMaxRequeue|^launch failed requeued held/i.test(plain(reason))) return 'launch';
  if (/requeued in (held|special exit) state/i.test(plain(reason))) return 'requeue';
  return /^JobHeld|^JobHold|held$/i.test(reason) ? 'person' : null;
}

/** Reasons of a job that may start as far as its begin time goes, or that a release must not touch; their StartTime is an estimate. */
const NOT_A_HOLD =
  /^(Resources|Priority|Dependency|Licenses|Reservation|Partition|Part|QOS|Assoc|Max|JobArray|Bad|Invalid|Account|ReqNode|Nodes.required|BurstBuffer|FedJob|Cleaning|Prolog)/;

/** Seconds that a released job may still have to wait for. */
const RELEASED = 3;

/**
 * A requeue sets the begin time 121 s ahead, a release to the next second at most. The Reason is no proof: until the scheduler's
 * next pass it is the one of the end (`NonZeroExitCode`). A first launch with a begin time has the user's own, which stays.
 * @param now seconds since the epoch, by SLURM's clock
 */
export function isUnderHold(job: Job, now: number): boolean {
  return (
    job.restartCount > 0 && job.startTime !== null && job.startTime > now + RELEASED && !NOT_A_HOLD.test(job.reason)
  );
}

/** They stay until someone changes the job, the partition or the account. */
const NEVER_PASSES =
  /^(BadConstraints|PartitionConfig|PartitionTimeLimit|PartitionNodeLimit|DependencyNeverSatisfied|Invalid(Account|QOS)|AccountNotAllowed|QOSNotAllowed|ReservationDeleted|(QOS|Assoc)(Max\w*Per(Job|Node)|Min\w*))/;

/** The reason, and what mends it where waiting does not. */
export function explained({ jobId, state, reason }: Pick<Job, 'jobId' | 'state' | 'reason'>): string {
  if (state === 'PENDING' && NEVER_PASSES.test(reason))
    return `${reason}: waiting does not help; mend the job (\`scontrol update job ${jobId} …\`), or set other job options, then pause and resume the trial`;
  const holder = heldBy({ state, reason });
  if (holder === 'person' || holder === 'requeue') return `${reason}: held until \`scontrol release ${jobId}\``;
  return reason;
}
