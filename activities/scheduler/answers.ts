/** What a trial is told of a job that it has lost. Pure. */
import type { EnsureJobInput, EnsureJobResult, SettledEnd } from '../../workflows/activities.ts';
import type { Decision } from './decide.ts';
import type { Job } from './port.ts';
import { isLive, settledEnd } from './states.ts';

export const cancelled = ({ jobId, cancelledBy }: Job): EnsureJobResult => ({
  kind: 'cancelled',
  jobId,
  reason: `job ${jobId} was cancelled in SLURM${cancelledBy == null ? '' : ` by ${cancelledBy}`}`,
  ...(cancelledBy != null && { by: cancelledBy }),
});

/** @param seen how the incarnation before ended, if that was seen before a requeue */
export function resubmit(
  input: EnsureJobInput,
  { why, reason, job }: Extract<Decision, { action: 'resubmit' }>,
  seen: SettledEnd | null,
): EnsureJobResult {
  const itsEnd = job !== null && !isLive(job) && job.restartCount === input.last?.restartCount;
  const after = itsEnd ? settledEnd(job) : seen;
  // A record that is gone may come back with its job.
  const old = job === null ? input.jobId : isLive(job) ? job.jobId : null;
  return { kind: 'resubmit', reason, why, ...(old !== null && { old }), ...(after !== null && { after }) };
}
