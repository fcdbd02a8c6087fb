/**
 * The effects around `decide`: looks, acts, looks again, until the trial has its one job or cannot have it.
 *
 * - P1: the token is looked up before every sbatch; after an unanswered sbatch for `lookAgainMs` before another.
 * - P9: an unanswered look-up only waits, as long as the caller has patience.
 * - P10: the watch entry is written before sbatch.
 */
import type { EnsureJobInput, EnsureJobResult } from '../../workflows/activities.ts';
import { decide } from './decide.ts';
import type { Plan } from './decide.ts';
import { lookUp } from './look-up.ts';
import type { Job, JobRequest, Scheduler } from './port.ts';
import { requeue, release } from './requeue.ts';
import { isLive } from './states.ts';
import { token } from './token.ts';
import type { WatchEntry } from './watch.ts';

export interface EnsureJobDeps {
  readonly scheduler: Scheduler;
  writeWatch(entry: WatchEntry): Promise<void>;
  /** Writes the job script and says how it is to be submitted. Called once, only when an sbatch is due. */
  submitRequest(input: EnsureJobInput): Promise<JobRequest>;
  /** Rejects with the signal's reason when that aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Called between any two waits; a command that is not answered may take half a minute. */
  heartbeat(word: string): void;
  log(message: string): void;
  readonly signal?: AbortSignal;
  /** True when `signal` was aborted by the trial itself; a worker that shuts down keeps the job. */
  isUnwanted?(): boolean;
  /** Milliseconds by which our clock may be behind SLURM's controller. Default 0. */
  readonly clockMarginMs?: number;
  /** Milliseconds for which an unanswered sbatch's job is looked for before the next sbatch. Default 5,000. */
  readonly lookAgainMs?: number;
}

/** Milliseconds after which a job that will not settle is left to the poller. */
const PATIENCE = 10 * 60_000;

/** @throws only what `signal`, `writeWatch` or `submitRequest` throw. */
export async function ensureJob(deps: EnsureJobDeps, input: EnsureJobInput): Promise<EnsureJobResult> {
  const name = token(input.identity, input.number, input.submission);
  const began = deps.now();
  let waits = 0;
  let lookUntil = 0;
  let refusals = 0;
  let releases = 0;
  let action: 'found' | 'requeued' = 'found';
  /** The second in which the incarnation before the hold ended, by SLURM's clock; null: by when the hold was seen. */
  let gone: number | null = null;
  const pause = async (word: string): Promise<void> => {
    deps.heartbeat(word);
    await deps.sleep(Math.min(50 * 1.5 ** waits++, 2_000), deps.signal);
  };
  const queued = (job: Job): EnsureJobResult => ({
    kind: 'queued',
    jobId: job.jobId,
    action,
    state: job.state,
    reason: job.reason,
    restartCount: job.restartCount,
  });

  for (;;) {
    deps.signal?.throwIfAborted();
    const jobs = await lookUp(deps, name, input.jobId);
    const plan: Plan = decide(input, jobs, { now: deps.now() / 1000, waitedMs: deps.now() - began });
    await cancelStrays(deps, plan.strays);
    const { decision } = plan;
    switch (decision.action) {
      case 'nothing':
        await watch(deps, input, name, decision.job);
        return queued(decision.job);
      case 'cancelled':
        return {
          kind: 'cancelled',
          jobId: decision.job.jobId,
          reason: `job ${decision.job.jobId} was cancelled in SLURM`,
        };
      case 'resubmit':
        return { kind: 'resubmit', reason: decision.reason };
      case 'wait':
        if (deps.now() - began > PATIENCE) return queued(decision.job);
        await pause(`job ${decision.job.jobId} is ${decision.job.state}: waiting until its record has settled`);
        break;
      case 'release': {
        const released = await release(deps, decision.job, gone);
        await watch(deps, input, name, decision.job);
        if (released !== null || ++releases >= 5) return queued(released ?? decision.job);
        await pause(`job ${decision.job.jobId} is not released yet`);
        break;
      }
      case 'requeue': {
        deps.signal?.throwIfAborted();
        const settled = !isLive(decision.job);
        const result = await requeue(deps, decision.job);
        if (result.kind === 'done') {
          action = 'requeued';
          gone = settled ? decision.job.endTime : null;
          await watch(deps, input, name, { ...decision.job, restartCount: decision.job.restartCount + 1 });
        } else if (result.kind === 'refused' && ++refusals >= 3) {
          // The next submission is another token: the job of this one must not come back beside it.
          if (isLive(decision.job)) await deps.scheduler.cancel(decision.job.jobId);
          return { kind: 'resubmit', reason: `SLURM does not requeue job ${decision.job.jobId}: ${result.message}` };
        }
        if (!settled || result.kind !== 'done') await pause(`job ${decision.job.jobId} is being requeued`);
        break;
      }
      case 'submit': {
        if (deps.now() < lookUntil) {
          await pause('sbatch did not answer: looking for its job');
          break;
        }
        const request = await deps.submitRequest(input);
        await watch(deps, input, name, null);
        deps.signal?.throwIfAborted();
        const result = await deps.scheduler.submit(request);
        if (result.kind === 'submitted' && deps.isUnwanted?.() === true) {
          // The trial has given up meanwhile, and nobody else knows of this job.
          await deps.scheduler.cancel(result.jobId);
          deps.signal?.throwIfAborted();
        }
        if (result.kind === 'rejected' || result.kind === 'limited') return result;
        if (result.kind === 'submitted') {
          await deps.writeWatch(entry(input, name, result.jobId, 0));
          return {
            kind: 'queued',
            jobId: result.jobId,
            action: 'submitted',
            state: 'PENDING',
            reason: 'None',
            restartCount: 0,
          };
        }
        lookUntil = deps.now() + (deps.lookAgainMs ?? 5_000);
        break;
      }
    }
  }
}

/** P1: whatever else carries the token is cancelled on sight. */
async function cancelStrays(deps: EnsureJobDeps, strays: readonly Job[]): Promise<void> {
  for (const stray of strays) {
    deps.log(`job ${stray.jobId} is a second one of ${stray.name}: cancelled`);
    await deps.scheduler.cancel(stray.jobId);
  }
}

const entry = (input: EnsureJobInput, name: string, jobId: string | null, restartCount: number): WatchEntry => ({
  identity: input.identity,
  workflowId: `${input.identity.sweepId}/${input.number}`,
  token: name,
  jobId,
  restartCount,
});

const watch = (deps: EnsureJobDeps, input: EnsureJobInput, name: string, job: Job | null): Promise<void> =>
  deps.writeWatch(entry(input, name, job?.jobId ?? null, job?.restartCount ?? 0));
