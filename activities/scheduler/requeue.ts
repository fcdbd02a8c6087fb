/**
 * Requeue, and release for a later wall-clock second. slurmd remembers the revocation of a job's credential in whole seconds
 * and refuses a launch whose credential is not of a later one: started in the same second, four of ten launches are lost.
 * Both seconds are slurmctld's: where it tells when the job ended, no other clock is asked.
 */
import { isUnderHold } from './decide.ts';
import type { ChangeResult, Job, Scheduler } from './port.ts';
import { phase } from './states.ts';

export interface RequeueDeps {
  readonly scheduler: Scheduler;
  now(): number;
  heartbeat(word: string): void;
  log(message: string): void;
  readonly clockMarginMs?: number;
}

/** `done` too when the job is pending already: then somebody was faster. */
export async function requeue(deps: RequeueDeps, job: Job): Promise<ChangeResult> {
  const result = await deps.scheduler.requeue(job.jobId);
  if (result.kind === 'refused' && /pending execution/i.test(result.message)) return { kind: 'done' };
  if (result.kind !== 'done') deps.log(`requeue of job ${job.jobId}: ${result.message}`);
  return result;
}

/**
 * Releases, and looks whether the hold is lifted.
 * @param job pending under a hold
 * @param gone second, since the epoch, in which the incarnation before ended by SLURM's clock; null: by now
 * @returns the job as it is then, or null when it has to be looked at again.
 */
export async function release(deps: RequeueDeps, job: Job, gone: number | null): Promise<Job | null> {
  const ended = gone ?? Math.floor((deps.now() + (deps.clockMarginMs ?? 0)) / 1_000);
  deps.heartbeat(`job ${job.jobId} is requeued; it may start from the next second on`);
  const result = await deps.scheduler.release(job.jobId, ended + 1);
  if (result.kind === 'unknown') return null;
  const shown = await deps.scheduler.show(job.jobId);
  if (shown.kind !== 'answer' || shown.value === null) return null;
  if (result.kind === 'refused' && phase(shown.value) === 'pending') {
    // Only an update that SLURM forbids ends here: the hold runs out by itself.
    deps.log(`job ${job.jobId} keeps its hold: ${result.message}`);
    return shown.value;
  }
  return isUnderHold(shown.value, deps.now() / 1000) ? null : shown.value;
}
