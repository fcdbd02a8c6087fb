/** Ends whatever jobs a trial's submission has; resolves when none of them lives. Never fails because SLURM says no. */
import type { EndJobInput } from '../../workflows/activities.ts';
import { lookUp } from './look-up.ts';
import type { LookUpDeps } from './look-up.ts';
import type { Job } from './port.ts';
import { isLive, phase } from './states.ts';
import { token } from './token.ts';

export interface EndJobDeps extends LookUpDeps {
  now(): number;
  /** Forgets the trial's watch entries. */
  forget(): Promise<void>;
}

/** Milliseconds a job may need to leave by itself before it is cancelled. */
const LEAVING = 5_000;
/** A cancel without effect is repeated after this. Milliseconds. */
const AGAIN = 5_000;
/** A job that stays COMPLETING for longer hangs on its node, one under an unknown word may live elsewhere: not ours to wait for. Milliseconds. */
const PATIENCE = 60_000;

/** @throws only what `signal` throws. */
export async function endJob(deps: EndJobDeps, input: EndJobInput): Promise<void> {
  const name = token(input.identity, input.number, input.submission);
  const began = deps.now();
  const cancelled = new Map<string, number>();
  for (let looks = 0; ; looks++) {
    const jobs = (await lookUp(deps, name, input.jobId)).filter(isLive);
    const waited = deps.now() - began;
    if (jobs.length === 0 || (waited > PATIENCE && jobs.every(isOutOfReach))) break;
    if (!input.leaving || waited >= LEAVING) await cancelDue(deps, jobs, cancelled);
    deps.heartbeat(`waiting until job ${jobs.map((job) => job.jobId).join(', ')} has ended`);
    await deps.sleep(Math.min(100 * 1.4 ** looks, 2_000), deps.signal);
  }
  if (input.over) await deps.forget();
}

const isOutOfReach = (job: Job): boolean => phase(job) === 'ending' || phase(job) === 'unknown';

async function cancelDue(deps: EndJobDeps, jobs: readonly Job[], cancelled: Map<string, number>): Promise<void> {
  for (const { jobId } of jobs) {
    if (deps.now() - (cancelled.get(jobId) ?? -Infinity) < AGAIN) continue;
    cancelled.set(jobId, deps.now());
    const result = await deps.scheduler.cancel(jobId);
    if (result.kind !== 'done') deps.log(`cancel of job ${jobId}: ${result.message}`);
  }
}
