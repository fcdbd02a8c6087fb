/** What becomes of a job's record when its processes are gone. Pure. */
import type { Ended } from './allocation.ts';
import type { LocalJob } from './model.ts';

/** Why we ended it; null: it ended by itself. */
export type Intent = 'preempt' | 'limit' | 'requeue' | 'cancel';

export function afterEnd(
  job: LocalJob,
  intent: Intent | null,
  ended: Ended | null,
  now: number,
  holdMs: number,
): LocalJob {
  // Null: it was never launched.
  if (ended === null)
    return {
      ...job,
      state: intent === 'cancel' ? 'CANCELLED' : 'FAILED',
      reason: 'JobLaunchFailure',
      exitCode: '1:0',
      endTime: now,
    };
  const over = { ...job, exitCode: ended.exitCode, endTime: now };
  if (intent === 'cancel') return { ...over, state: 'CANCELLED', reason: 'None' };
  if (intent === 'limit') return { ...over, state: 'TIMEOUT', reason: 'TimeLimit' };
  if (intent === 'requeue' || (intent === 'preempt' && ended.late)) return requeued(over, 'BeginTime', now + holdMs);
  if (ended.exitCode === '0:0') return { ...over, state: 'COMPLETED', reason: 'None' };
  const signalled = ended.exitCode !== null && !ended.exitCode.endsWith(':0');
  return { ...over, state: 'FAILED', reason: signalled ? 'RaisedSignal' : 'NonZeroExitCode' };
}

/** Pending again under the same id, from its script's top, not before `begin`. */
export function requeued(job: LocalJob, reason: string, begin: number): LocalJob {
  return {
    ...job,
    state: 'PENDING',
    reason,
    restartCount: job.restartCount + 1,
    node: null,
    startTime: begin,
    endTime: null,
  };
}
