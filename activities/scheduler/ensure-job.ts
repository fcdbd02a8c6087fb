/**
 * The effects around `decide`: looks, acts, looks again, until the trial has its one job or cannot have it.
 *
 * - P1: the token is looked up before every sbatch; after an unanswered sbatch for `lookAgainMs` before another.
 * - P7: how the incarnation before ended is read from SLURM's record before a requeue overwrites it.
 * - P9: an unanswered look-up only waits, as long as the caller has patience.
 * - P10: the watch entry is written before sbatch.
 */
import type { EnsureJobInput, EnsureJobResult, SettledEnd } from '../../workflows/activities.ts';
import { cancelled, resubmit } from './answers.ts';
import { decide } from './decide.ts';
import type { Plan } from './decide.ts';
import { answered, lookUp } from './look-up.ts';
import { createClusterMemory } from './policy.ts';
import type { ClusterMemory, WantedPolicy } from './policy.ts';
import type { Job, JobRequest, Scheduler } from './port.ts';
import { explained } from './reasons.ts';
import { endReplaced, findReplaced } from './replaced.ts';
import { requeue, release } from './requeue.ts';
import { isLive, isRevokedLaunch, phase, settledEnd } from './states.ts';
import { submit } from './submit.ts';
import { token } from './token.ts';
import type { WatchEntry } from './watch.ts';

export interface EnsureJobDeps {
  readonly scheduler: Scheduler;
  writeWatch(entry: WatchEntry): Promise<void>;
  /** Writes the job script and says how it is to be submitted. Called only when an sbatch is due. */
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
  /** How a trial comes to its next allocation. Default `auto`. */
  readonly policy?: WantedPolicy;
  /** What this worker knows of the cluster. Default: nothing. */
  readonly memory?: ClusterMemory;
  /** Milliseconds by which our clock may be behind SLURM's controller, beside what is learnt. Default 0. */
  readonly clockMarginMs?: number;
  /** Milliseconds for which an unanswered sbatch's job is looked for before the next sbatch. Default 5,000. */
  readonly lookAgainMs?: number;
}

/** Milliseconds after which a job that will not settle is left to the poller; the activity itself may take five minutes. */
const PATIENCE = 270_000;
/** Tries of a requeue that SLURM refuses for the moment. */
const REQUEUES = 3;
/** Tries of a release that does not show. */
const RELEASES = 5;

/** @throws only what `signal`, `writeWatch` or `submitRequest` throw. */
export async function ensureJob(deps: EnsureJobDeps, input: EnsureJobInput): Promise<EnsureJobResult> {
  const memory = deps.memory ?? createClusterMemory(() => deps.now());
  const result = await reconcile({ ...deps, memory }, input);
  // Only now, when the trial has another job or is told why not; a limit may be met because of the old one.
  const madeRoom = await endReplaced(deps, input);
  return result.kind === 'limited' && madeRoom ? await reconcile({ ...deps, memory }, input) : result;
}

async function reconcile(
  deps: EnsureJobDeps & { readonly memory: ClusterMemory },
  input: EnsureJobInput,
): Promise<EnsureJobResult> {
  const { memory } = deps;
  const wanted = deps.policy ?? 'auto';
  const name = token(input.identity, input.number, input.submission);
  const began = deps.now();
  let waits = 0;
  let lookUntil = 0;
  let refusals = 0;
  let releases = 0;
  let action: 'found' | 'requeued' = 'found';
  let after: SettledEnd | null = null;
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
    reason: explained(job),
    restartCount: job.restartCount,
    ...(after !== null && { after }),
  });
  const look = async (): Promise<Plan> => {
    const jobs = await lookUp(deps, name, input.jobId);
    memory.saw(jobs);
    const moment = {
      now: deps.now() / 1_000 + memory.secondsAhead(),
      waitedMs: deps.now() - began,
      policy: memory.policy(wanted),
      unheld: (jobId: string) => memory.counted('unheld', jobId),
    };
    const plan = decide(input, jobs, { ...moment, nodeSilent: null });
    if (plan.decision.action !== 'ask node') return plan;
    const answers = await deps.scheduler.nodeAnswers(plan.decision.node);
    return decide(input, jobs, { ...moment, nodeSilent: answers.kind === 'answer' && !answers.value });
  };

  /** P7: what is about to be left or requeued may have been cancelled since the list was made, and a requeue would undo that. */
  const hasMoved = async (job: Job): Promise<boolean> => {
    const shown = await answered(deps, () => deps.scheduler.show(job.jobId));
    return shown !== null && (shown.state !== job.state || shown.restartCount !== job.restartCount);
  };

  for (;;) {
    deps.signal?.throwIfAborted();
    const plan = await look();
    await cancelStrays(deps, plan.strays);
    const { decision } = plan;
    switch (decision.action) {
      case 'nothing':
        await watch(deps, input, name, decision.job);
        return queued(decision.job);
      case 'cancelled':
        return cancelled(decision.job);
      case 'resubmit':
        if (decision.job === null || !(await hasMoved(decision.job))) return resubmit(input, decision, after);
        await pause(`job ${decision.job.jobId} has just changed`);
        break;
      case 'look again':
      case 'ask node':
        await pause('SLURM shows no job yet');
        break;
      case 'wait':
        if (deps.now() - began > PATIENCE) return queued(decision.job);
        await pause(`job ${decision.job.jobId} is ${decision.job.state}: waiting until its record has settled`);
        break;
      case 'let go':
        memory.count('unheld', decision.job.jobId);
        deps.log(`job ${decision.job.jobId} is held (${decision.job.reason}): released`);
        await deps.scheduler.unhold(decision.job.jobId);
        await pause(`job ${decision.job.jobId} is being released`);
        break;
      case 'release': {
        const { job } = decision;
        const released = await release({ ...deps, memory }, job, gone);
        if (released.kind === 'forbidden') {
          deps.log(`the hold of job ${job.jobId} cannot be lifted: ${released.message}`);
          memory.refuses('release');
          if (wanted !== 'requeue')
            return resubmit(input, { action: 'resubmit', why: 'refused', reason: released.message, job }, after);
        }
        await watch(deps, input, name, job);
        if (released.kind !== 'look again') return queued(released.job);
        if (++releases >= RELEASES) return queued(job);
        await pause(`job ${job.jobId} is not released yet`);
        break;
      }
      case 'requeue': {
        const { job } = decision;
        if (await hasMoved(job)) {
          await pause(`job ${job.jobId} has just changed`);
          break;
        }
        deps.signal?.throwIfAborted();
        const settled = !isLive(job);
        const result = await requeue({ ...deps, memory }, job);
        if (result.kind === 'done') {
          action = 'requeued';
          gone = settled ? job.endTime : null;
          if (settled && job.restartCount === input.last?.restartCount) after = settledEnd(job);
          if (isRevokedLaunch(job)) memory.count('revoked', job.jobId);
          await watch(deps, input, name, { ...job, restartCount: job.restartCount + 1 });
        } else {
          deps.log(`requeue of job ${job.jobId}: ${result.message}`);
          if (result.kind === 'forbidden') memory.refuses('requeue');
          const why = result.kind === 'gone' ? 'gone' : 'refused';
          const reason = `SLURM does not requeue job ${job.jobId}: ${result.message}`;
          if (
            result.kind === 'gone' ||
            result.kind === 'forbidden' ||
            (result.kind === 'refused' && ++refusals >= REQUEUES)
          )
            return resubmit(input, { action: 'resubmit', why, reason, job }, after);
        }
        if (!settled || result.kind !== 'done') await pause(`job ${job.jobId} is being requeued`);
        break;
      }
      case 'submit': {
        if (deps.now() < lookUntil) {
          await pause('sbatch did not answer: looking for its job');
          break;
        }
        const hanging = (await findReplaced(deps, input))?.node ?? null;
        const wish = hanging === null ? input : { ...input, excludeNodes: [...(input.excludeNodes ?? []), hanging] };
        const result = await submit({ ...deps, memory }, wish, memory.policy(wanted), async () => {
          await watch(deps, input, name, null);
          deps.signal?.throwIfAborted();
        });
        if (result.kind === 'submitted' && deps.isUnwanted?.() === true) {
          // The trial has given up meanwhile, and nobody else knows of this job; or it has heard of it from its agent (P3):
          // then it runs, and one that is not wanted is cancelled when it announces itself.
          const shown = await deps.scheduler.show(result.jobId);
          const runs = shown.kind === 'answer' && shown.value !== null && phase(shown.value) === 'running';
          if (!runs) await deps.scheduler.cancel(result.jobId);
          deps.signal?.throwIfAborted();
        }
        if (result.kind === 'rejected' || result.kind === 'limited') return result;
        if (result.kind === 'submitted') {
          await deps.writeWatch(entry(input, name, result.jobId, 0));
          const fresh = { state: 'PENDING', reason: 'None', restartCount: 0 };
          return { kind: 'queued', jobId: result.jobId, action: 'submitted', ...fresh };
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
