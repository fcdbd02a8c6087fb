/** `submissions/<n>/job.json`: all that an agent and the end reporter need to know, written before sbatch. */
import { readFileSync } from 'node:fs';
import type { AllocationName } from '../activities/layout.ts';
import type { Allocation, Identity } from '../workflows/messages.ts';

export interface JobFile {
  readonly protocol: number;
  readonly identity: Identity;
  readonly number: number;
  readonly submission: number;
  /** Absolute directory of the trial. */
  readonly trialDirectory: string;
  /** The trainer's command, macros expanded: an argument list, never a shell's text (P14). */
  readonly command: readonly string[];
  /** Directory in which the trainer starts. */
  readonly directory: string;
  readonly metric: string | null;
  readonly heartbeatSeconds: number;
  readonly checkpointSeconds: number;
  readonly leadSeconds: number;
}

export const readJobFile = (path: string): JobFile => JSON.parse(readFileSync(path, 'utf8')) as JobFile;

export const workflowId = (job: Pick<JobFile, 'identity' | 'number'>): string =>
  `${job.identity.sweepId}/${job.number}`;

/** Which incarnation of which job this process belongs to, by SLURM's own variables. */
export function allocationOf(job: JobFile, environment: NodeJS.ProcessEnv): Allocation {
  const jobId = environment['SLURM_JOB_ID'];
  if (jobId === undefined) throw new Error('SLURM_JOB_ID is not set: the agent only runs inside a job');
  // Unset on the first run, 1 on the first restart.
  return { submission: job.submission, jobId, restartCount: Number(environment['SLURM_RESTART_COUNT'] ?? 0) };
}

/** P2: an old agent cannot take new work, since the queue carries the incarnation. */
export const taskQueue = (job: JobFile, allocation: AllocationName): string =>
  `${workflowId(job)}@${allocation.jobId}.${allocation.restartCount}`;
