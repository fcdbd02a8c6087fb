/**
 * Requeue, and release for a later wall-clock second. slurmd remembers the revocation of a job's credential in whole seconds
 * and refuses a launch whose credential is not of a later one: started in the same second, four of ten launches are lost.
 * Both seconds are slurmctld's: where it tells when the job ended, no other clock is asked.
 */
import { marginAfter } from './clock.ts';
import type { ClusterMemory } from './policy.ts';
import type { Job, Scheduler } from './port.ts';
import { isUnderHold } from './reasons.ts';
import { phase } from './states.ts';

export interface RequeueDeps {
  readonly scheduler: Scheduler;
  readonly memory: ClusterMemory;
  now(): number;
  heartbeat(word: string): void;
  log(message: string): void;
  /** Milliseconds. */
  readonly clockMarginMs?: number;
}

export type Change =
  | { readonly kind: 'done' }
  /** SLURM has forgotten the job. */
  | { readonly kind: 'gone'; readonly message: string }
  /** It would say so every time. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** Not now: a job in the midst of its end, an answer that did not come. */
  | { readonly kind: 'refused' | 'unknown'; readonly message: string };

/** `done` too when the job is pending already: then somebody was faster. */
export async function requeue(deps: RequeueDeps, job: Job): Promise<Change> {
  const result = await deps.scheduler.requeue(job.jobId);
  if (result.kind === 'refused' && /pending execution/i.test(result.message)) return { kind: 'done' };
  return result.kind === 'refused' ? refusal(result.message) : result;
}

/** `--no-requeue`, JobRequeue=0 and the like; or a site where users may not change their jobs. */
const FORBIDDEN = /presently disabled|permission denied|not permitted|not authorized|operation not supported/i;

function refusal(message: string): Change {
  if (/invalid job id/i.test(message)) return { kind: 'gone', message };
  return { kind: FORBIDDEN.test(message) ? 'forbidden' : 'refused', message };
}

export type Release =
  /** The job as it is then: its hold is lifted, or it has gone on by itself. */
  | { readonly kind: 'released'; readonly job: Job }
  /** SLURM lets nobody lift it: it runs out by itself. */
  | { readonly kind: 'forbidden'; readonly job: Job; readonly message: string }
  | { readonly kind: 'look again' };

/**
 * Releases, and looks whether the hold is lifted.
 * @param job pending under a hold
 * @param gone second, since the epoch, in which the incarnation before ended by SLURM's clock; null: by now
 */
export async function release(deps: RequeueDeps, job: Job, gone: number | null): Promise<Release> {
  const ours = (deps.now() + (deps.clockMarginMs ?? 0)) / 1_000;
  const ended = gone ?? Math.floor(ours + deps.memory.secondsAhead());
  const from = ended + 1 + marginAfter(deps.memory.counted('revoked', job.jobId));
  deps.heartbeat(`job ${job.jobId} is requeued; it may start from the next second on`);
  const result = await deps.scheduler.release(job.jobId, from);
  if (result.kind === 'unknown') return { kind: 'look again' };
  const shown = await deps.scheduler.show(job.jobId);
  if (shown.kind !== 'answer' || shown.value === null) return { kind: 'look again' };
  if (result.kind === 'refused' && phase(shown.value) === 'pending')
    return { kind: 'forbidden', job: shown.value, message: result.message };
  const held = isUnderHold(shown.value, Math.max(deps.now() / 1_000 + deps.memory.secondsAhead(), from));
  return held ? { kind: 'look again' } : { kind: 'released', job: shown.value };
}
