/** SLURM's state words, sorted by what they mean for a trial. A word that stands in no set is "not seen" (P9). */
import type { Job } from './port.ts';

/** The record is settled: the job runs nowhere and will not run unless requeued. */
const ENDED = new Set([
  'BOOT_FAIL',
  'CANCELLED',
  'COMPLETED',
  'DEADLINE',
  'FAILED',
  'NODE_FAIL',
  'OUT_OF_MEMORY',
  'PREEMPTED',
  'TIMEOUT',
]);
/** Processes may exist. */
const RUNNING = new Set(['RUNNING', 'CONFIGURING', 'SUSPENDED', 'STOPPED', 'RESIZING', 'SIGNALING', 'STAGE_OUT']);
/** Between two: hides whether the job was cancelled, failed or requeued. */
const ENDING = new Set(['COMPLETING', 'REQUEUED']);
/** In the queue, not to be started before someone lets it. */
const HELD = new Set(['REQUEUE_HOLD', 'SPECIAL_EXIT']);

export type Phase = 'pending' | 'held' | 'running' | 'ending' | 'ended' | 'unknown';

export function phase(job: Pick<Job, 'state' | 'reason'>): Phase {
  if (ENDED.has(job.state)) return 'ended';
  if (RUNNING.has(job.state)) return 'running';
  if (ENDING.has(job.state)) return 'ending';
  if (HELD.has(job.state)) return 'held';
  if (job.state !== 'PENDING') return 'unknown';
  return isHeldReason(job.reason) ? 'held' : 'pending';
}

/** `JobHeldUser`, `JobHeldAdmin`, `JobHoldMaxRequeue`, `launch failed requeued held` (with blanks or underscores). */
const isHeldReason = (reason: string): boolean => /^JobHeld|^JobHold|held$/i.test(reason);

/** Anything but a settled end: it may hold or come to hold a node. */
export const isLive = (job: Job): boolean => phase(job) !== 'ended';

/**
 * slurmd refused the launch because its credential was as old as the revocation of the last one: the batch script never ran.
 * It reads FAILED 1:0 without any run time.
 */
export function isRevokedLaunch(job: Job): boolean {
  return job.state === 'FAILED' && job.exitCode === '1:0' && job.startTime !== null && job.startTime === job.endTime;
}
