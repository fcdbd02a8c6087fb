/**
 * Requeue, and release in a later wall-clock second. slurmd remembers the revocation of a job's credential in whole seconds
 * and refuses a launch whose credential is not of a later one: released in the same second, four of ten launches are lost.
 */
import { isUnderHold } from './decide.ts';
import type { ChangeResult, Job, Scheduler } from './port.ts';
import { phase } from './states.ts';

export interface RequeueDeps {
  readonly scheduler: Scheduler;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  now(): number;
  heartbeat(word: string): void;
  log(message: string): void;
  readonly signal?: AbortSignal;
  readonly releaseMarginMs?: number;
}

const DEFAULT_MARGIN = 30;

/** `done` too when the job is pending already: then somebody was faster. */
export async function requeue(deps: RequeueDeps, job: Job): Promise<ChangeResult> {
  const result = await deps.scheduler.requeue(job.jobId);
  if (result.kind === 'refused' && /pending execution/i.test(result.message)) return { kind: 'done' };
  if (result.kind !== 'done') deps.log(`requeue of job ${job.jobId}: ${result.message}`);
  return result;
}

/**
 * Waits for a wall-clock second after `gone` and a margin, releases, and looks whether the hold is lifted.
 * @param job pending under a hold
 * @param gone milliseconds since the epoch by which the incarnation before was gone
 * @returns the job as it is then, or null when it has to be looked at again.
 */
export async function release(deps: RequeueDeps, job: Job, gone: number): Promise<Job | null> {
  const local = deps.scheduler.kind === 'local'; // child processes know no credentials
  const due = local ? gone : Math.floor(gone / 1_000) * 1_000 + 1_000 + (deps.releaseMarginMs ?? DEFAULT_MARGIN);
  deps.heartbeat(`job ${job.jobId} is requeued; it may start from the next second on`);
  await deps.sleep(Math.max(0, due - deps.now()), deps.signal);
  const result = await deps.scheduler.release(job.jobId);
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
