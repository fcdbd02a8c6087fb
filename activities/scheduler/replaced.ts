/** The job of an earlier submission that still lives when a new one is in: it hangs on a dead node, or waits out a hold. */
import type { EnsureJobInput } from '../../workflows/activities.ts';
import { answered } from './look-up.ts';
import type { LookUpDeps } from './look-up.ts';
import type { Job } from './port.ts';
import { isLive } from './states.ts';
import { fingerprint, parseToken } from './token.ts';

/** Null when it has ended, or is none of this trial's: SLURM uses job ids again. */
export async function findReplaced(deps: LookUpDeps, input: EnsureJobInput): Promise<Job | null> {
  const jobId = input.replaces ?? null;
  if (jobId === null) return null;
  const job = await answered(deps, () => deps.scheduler.show(jobId));
  return job !== null && isLive(job) && isOfEarlierSubmission(input, job) ? job : null;
}

/** @returns whether a job was cancelled that may have stood in the way of the new one. */
export async function endReplaced(deps: LookUpDeps, input: EnsureJobInput): Promise<boolean> {
  const job = await findReplaced(deps, input);
  if (job === null) return false;
  const result = await answered(deps, async () => {
    const change = await deps.scheduler.cancel(job.jobId);
    return change.kind === 'unknown' ? change : { kind: 'answer', value: change };
  });
  deps.log(`job ${job.jobId}, ${job.state}, is replaced: ${result.kind === 'done' ? 'cancelled' : result.message}`);
  return result.kind === 'done';
}

function isOfEarlierSubmission({ identity, number, submission }: EnsureJobInput, job: Job): boolean {
  const token = parseToken(job.name);
  if (token === null || token.fingerprint !== fingerprint(identity) || token.sweepId !== identity.sweepId) return false;
  return token.trial === number && token.submission < submission;
}
