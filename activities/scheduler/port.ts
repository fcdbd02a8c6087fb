/**
 * What the product asks of whatever runs jobs. Two adapters keep it: `slurm/` (the real commands) and `local/` (child
 * processes behaving alike). Words are SLURM's; states keep its capitals.
 */

/**
 * SLURM's compact base states and flags as squeue and scontrol print them, first word only. A word we do not know is
 * kept as it is and treated as "not seen" (P9), never as failed.
 */
export type JobState = string;

export interface Job {
  readonly jobId: string;
  /** The token (see `token.ts`): at most one job per token is ever granted work. */
  readonly name: string;
  readonly state: JobState;
  /** SLURM's Reason: why it waits, or why it ended. `None` where there is none. */
  readonly reason: string;
  /** SLURM_RESTART_COUNT: 0 for the first incarnation. */
  readonly restartCount: number;
  readonly node: string | null;
  /** `<exit code>:<signal>`, null where the query does not tell. */
  readonly exitCode: string | null;
  /** Seconds since the epoch; null when unknown. A job released into the future has its begin time here. */
  readonly startTime: number | null;
  readonly endTime: number | null;
  /** Who cancelled it, as accounting tells: a user's name or id. Absent or null where nobody can tell. */
  readonly cancelledBy?: string | null;
}

export interface JobRequest {
  /** The token; becomes the job's name. */
  readonly name: string;
  /** Absolute path of the job script, already written. */
  readonly script: string;
  /** Absolute directory in which the script starts. */
  readonly directory: string;
  /** Absolute path of the output file, appended to. */
  readonly output: string;
  /** sbatch's long options without dashes, e.g. `{ partition: 'low', 'cpus-per-task': '2', exclusive: true }`. */
  readonly options: Readonly<Record<string, string | true>>;
  /** SIGUSR1 reaches the batch shell this many seconds before the time limit. */
  readonly leadSeconds: number;
  /** Requeues shall know no hold (`--requeue=expedite`, SLURM ≥ 25.11). Default false. */
  readonly expedite?: boolean;
}

export type SubmitResult =
  | { readonly kind: 'submitted'; readonly jobId: string }
  /** Refused for good, in the scheduler's own words: partition, account, QOS, bad option. */
  | { readonly kind: 'rejected'; readonly message: string }
  /** A limit on queued jobs is met (QOS, association, MaxJobCount), in the scheduler's own words: later it may pass. */
  | { readonly kind: 'limited'; readonly message: string }
  /** Nothing is known: controller unreachable, socket timed out. The job may be in; look the token up before trying again. */
  | { readonly kind: 'unknown'; readonly message: string };

export type ChangeResult =
  | { readonly kind: 'done' }
  /** SLURM said no, in its own words (forbidden, unknown id, job no longer pending, requeue disabled). */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

export type Query<T> =
  /** `throttled`: the scheduler asked for fewer calls, or was slow. */
  | { readonly kind: 'answer'; readonly value: T; readonly throttled?: boolean }
  | { readonly kind: 'unknown'; readonly message: string };

/** What one command, or one call of the local scheduler, cost (P10). */
export interface SchedulerCall {
  /** `squeue`, `sbatch` …; the local scheduler's: `list`, `submit` … */
  readonly command: string;
  readonly milliseconds: number;
  /** `refused`: it said no. `unanswered`: what it did is not known. */
  readonly result: 'ok' | 'refused' | 'unanswered';
  readonly throttled: boolean;
}

export interface Scheduler {
  readonly kind: 'slurm' | 'local';
  submit(request: JobRequest): Promise<SubmitResult>;
  /** All jobs of this user that the scheduler still lists: one batched query (P10). */
  list(): Promise<Query<Job[]>>;
  /** All jobs with that name, ended ones too while the scheduler remembers them. */
  byName(name: string): Promise<Query<Job[]>>;
  /** One job's full record; null when neither the scheduler nor its accounting knows it any more. */
  show(jobId: string): Promise<Query<Job | null>>;
  /**
   * What became of jobs that `list` no longer shows: one batched question where there is accounting. Null: nobody has a
   * settled record of it. An id that is absent was not asked for, to spare the scheduler: ask again in the next round.
   */
  past(jobIds: readonly string[]): Promise<Query<ReadonlyMap<string, Job | null>>>;
  requeue(jobId: string): Promise<ChangeResult>;
  /**
   * Lifts the hold that a requeue brings. Harmless on a pending job; refused on others.
   * @param from second, since the epoch, before which it must not start; one that is past means now.
   */
  release(jobId: string, from: number): Promise<ChangeResult>;
  /** Ends a hold without end, such as the one after launches that failed (`scontrol release`). */
  unhold(jobId: string): Promise<ChangeResult>;
  cancel(jobId: string): Promise<ChangeResult>;
  /** Whether the scheduler hears of that node. @param node a name, or several as SLURM lists them: then of all. */
  nodeAnswers(node: string): Promise<Query<boolean>>;
  /**
   * From now on `observer` hears of every call when it is over (P10).
   * @returns what ends that.
   */
  observe(observer: (call: SchedulerCall) => void): () => void;
}
