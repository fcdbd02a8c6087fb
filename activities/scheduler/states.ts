/**
 * SLURM's state words, sorted by what they mean for a trial. A word that stands in no set is "not seen" (P9); REVOKED is left
 * out too: in a federation it says that the job runs on another cluster.
 */
import type { SettledEnd } from '../../workflows/activities.ts';
import type { Job } from './port.ts';
import { heldBy } from './reasons.ts';

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
/** It has a node; processes may exist. */
const RUNNING = new Set(['RUNNING', 'CONFIGURING', 'POWER_UP_NODE', 'SUSPENDED', 'STOPPED', 'RESIZING', 'SIGNALING']);
/** Between two: hides whether the job was cancelled, failed or requeued. */
const ENDING = new Set(['COMPLETING', 'REQUEUED', 'REQUEUE_FED', 'STAGE_OUT', 'LAUNCH_FAILED']);

export type Phase = 'pending' | 'held' | 'running' | 'ending' | 'ended' | 'unknown';

export function phase(job: Pick<Job, 'state' | 'reason'>): Phase {
  if (ENDED.has(job.state)) return 'ended';
  if (RUNNING.has(job.state)) return 'running';
  if (ENDING.has(job.state)) return 'ending';
  if (heldBy(job) !== null) return 'held';
  return job.state === 'PENDING' ? 'pending' : 'unknown';
}

/** Anything but a settled end: it may hold or come to hold a node. */
export const isLive = (job: Job): boolean => phase(job) !== 'ended';

/**
 * slurmd refused the launch because its credential was as old as the revocation of the last one: the batch script never ran.
 * It reads FAILED 1:0 without any run time; a first launch has no credential before it.
 */
export function isRevokedLaunch(job: Job): boolean {
  const noTime = job.startTime !== null && job.startTime === job.endTime;
  return job.restartCount > 0 && job.state === 'FAILED' && job.exitCode === '1:0' && noTime;
}

/**
 * COMPLETING on its way back into the queue. While SLURM hides the state itself, the end tells (measured on 22.05): a job that is
 * being requeued has none, one that was cancelled has, even when the cancel came after the requeue.
 */
export const isBeingRequeued = (job: Job): boolean => phase(job) === 'ending' && job.endTime === null;

export const settledEnd = ({ state, reason, exitCode, node }: Job): SettledEnd => ({ state, reason, exitCode, node });
