/** What the local scheduler knows of a job and of its cluster. Times are milliseconds since the epoch. */
import type { Job, JobState } from '../port.ts';

export type Partition = 'low' | 'high';

export interface LocalJob {
  readonly jobId: string;
  readonly name: string;
  /** Jobs of `high` take the place of jobs of `low`. */
  readonly partition: Partition;
  readonly cpus: number;
  /** The only nodes it may run on. Absent: any. */
  readonly nodes?: readonly string[];
  readonly limitMs: number | null;
  readonly leadMs: number;
  readonly directory: string;
  readonly output: string;
  readonly submitTime: number;
  readonly state: JobState;
  readonly reason: string;
  readonly restartCount: number;
  readonly node: string | null;
  readonly exitCode: string | null;
  /** Of a pending job: not before this. */
  readonly startTime: number | null;
  readonly endTime: number | null;
}

export interface ClusterOptions {
  /** Directory of the scheduler's state: job scripts, environments, `jobs.json`. */
  readonly directory: string;
  /** Virtual nodes, named n1, n2, … */
  readonly nodes: number;
  /** CPUs of each. */
  readonly cpusPerNode: number;
  /** Preempted jobs have this long after SIGTERM. */
  readonly graceMs: number;
  /** From the last SIGTERM to SIGKILL. */
  readonly killWaitMs: number;
  /** A requeued job does not start sooner, unless released. */
  readonly holdMs: number;
  /** Ended jobs are remembered for this long. */
  readonly rememberMs: number;
}

export const DEFAULTS = {
  nodes: 4,
  cpusPerNode: 2,
  graceMs: 10_000,
  killWaitMs: 5_000,
  holdMs: 1_000,
  rememberMs: 300_000,
} as const satisfies Omit<ClusterOptions, 'directory'>;

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.ceil(ms / 1_000));

export function toJob(job: LocalJob): Job {
  const { jobId, name, state, reason, restartCount, node, exitCode } = job;
  return {
    jobId,
    name,
    state,
    reason,
    restartCount,
    node,
    exitCode,
    startTime: seconds(job.startTime),
    endTime: seconds(job.endTime),
  };
}

export const isOver = (job: LocalJob): boolean => job.endTime !== null && job.state !== 'COMPLETING';
/** It holds CPUs of its node. */
export const isPlaced = (job: LocalJob): boolean => job.state === 'RUNNING' || job.state === 'COMPLETING';
