/** All that the scheduler knows of one token, asked until it answers (P9). */
import type { Job, Query, Scheduler } from './port.ts';

export interface LookUpDeps {
  readonly scheduler: Scheduler;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  heartbeat(word: string): void;
  log(message: string): void;
  readonly signal?: AbortSignal;
}

/**
 * Jobs with that name, and the bound job by its id where the name does not find it (a user may rename a job).
 * Empty only when the scheduler itself said that it knows none.
 */
export async function lookUp(deps: LookUpDeps, name: string, jobId: string | null): Promise<Job[]> {
  const named = await answered(deps, () => deps.scheduler.byName(name));
  if (jobId === null || named.some((job) => job.jobId === jobId)) return named;
  const bound = await answered(deps, () => deps.scheduler.show(jobId));
  return bound === null ? named : [bound, ...named];
}

/** Asks again after 1 s, 2 s, … 10 s, give or take a fifth, so that many trials do not ask in step. */
export async function answered<T>(deps: LookUpDeps, ask: () => Promise<Query<T>>): Promise<T> {
  for (let tries = 0; ; tries++) {
    deps.signal?.throwIfAborted();
    const result = await ask();
    if (result.kind === 'answer') return result.value;
    deps.heartbeat(`the scheduler does not answer: ${result.message}`);
    if (tries === 0) deps.log(`the scheduler does not answer, asking again: ${result.message}`);
    await deps.sleep(Math.min(1_000 * 2 ** tries, 10_000) * (0.8 + 0.4 * Math.random()), deps.signal);
  }
}
