/** The activities that the two workflows call, as types: the sandbox owns the port, Node adapts to it. */
import type { Allocation, Hyperparameters, Identity, JobOptions, Outcome, Position, TrialEnded } from './messages.ts';

/** What `openSweep` read, checked and wrote to `sweep.json`: only what the workflow itself needs. */
export interface OpenedSweep {
  /** Absolute directory of the sweep. */
  readonly directory: string;
  readonly method: 'random' | 'grid' | 'bayes' | 'custom';
  /** True: the sampler learns from results, so that the order of ends decides what is proposed. Absent: false. */
  readonly learns?: boolean;
  readonly metric: {
    readonly name: string;
    readonly goal: 'minimize' | 'maximize';
    /** No further trial starts once one has reached it. */
    readonly target?: number | null;
  } | null;
  /** Trials to run in all (run_cap, or the size of the grid if smaller); null: until stopped. */
  readonly size: number | null;
  readonly concurrency: number;
  /** Names of the search attributes that this namespace lacks. */
  readonly missingSearchAttributes: readonly string[];
  /** Warnings about sweep.yaml. */
  readonly warnings: readonly string[];
  readonly trial: TrialSettings;
  /** Continue as new after so many history events; null: when Temporal suggests it. */
  readonly historyLimit: number | null;
}

/** Failures with a budget of their own. */
export type FailureClass = 'trainer' | 'outOfMemory' | 'nodeFailure' | 'unusableCheckpoint';

/** What is done after a failure of one class. */
export interface Retry {
  /** Further tries in the life of a trial; 0: the first such failure is the trial's. */
  readonly times: number;
  /** Seconds before the first further try; twice as many before each one after it, at most an hour. */
  readonly backoffSeconds: number;
  /** The next try is a new job that keeps away from the node of the failure. */
  readonly excludeNode: boolean;
}

export type Retries = Readonly<Record<FailureClass, Retry>>;

/** The part of sweep.yaml that each trial obeys; small, since it is in every child's input. */
export interface TrialSettings {
  readonly heartbeatSeconds: number;
  /** Absent in the inputs of 0.1.0, which knew `trainerRetries` only. */
  readonly retries?: Retries;
  readonly trainerRetries?: number;
  /** Launches in a row that end without an announcement. */
  readonly lostLaunches: number;
  /** Segments in a row that end where they began. */
  readonly stalledSegments: number;
  readonly searchAttributes: boolean;
  /** Name of the objective. */
  readonly metric: string | null;
}

export interface TrialInput {
  readonly identity: Identity;
  readonly number: number;
  readonly hyperparameters: Hyperparameters;
  readonly settings: TrialSettings;
}

export interface EnsureJobInput {
  readonly identity: Identity;
  readonly number: number;
  /** The n-th sbatch of the trial, from 1. */
  readonly submission: number;
  /** The job bound to this submission, if the trial knows one. */
  readonly jobId: string | null;
  /** The allocation that ended, and how we know; null before the first, and after a new submission. */
  readonly last:
    (Allocation & { readonly known: 'reported' | 'heartbeat time-out' | 'seen'; readonly why: string }) | null;
  /** A job of an earlier submission that may still live: cancelled as soon as this submission has its own. */
  readonly replaces?: string | null;
  /** Nodes on which the trial has failed too often: a new submission keeps away from them. */
  readonly excludeNodes?: readonly string[];
}

/** SLURM's settled record of an incarnation that has ended (P7). */
export interface SettledEnd {
  /** SLURM's word, in capitals: `TIMEOUT`, `NODE_FAIL`, `OUT_OF_MEMORY`, `PREEMPTED` … */
  readonly state: string;
  readonly reason: string;
  /** `<exit code>:<signal>`; null where SLURM does not tell. */
  readonly exitCode: string | null;
  readonly node: string | null;
}

/** R1-R3 of the preemption path: what became of the wish to have exactly one job. */
export type EnsureJobResult =
  /** The job is there, pending or running; nothing more to do but wait for its agent. */
  | {
      readonly kind: 'queued';
      readonly jobId: string;
      readonly action: 'submitted' | 'found' | 'requeued';
      readonly state: string;
      readonly reason: string;
      readonly restartCount: number;
      /** How the incarnation before this one ended; absent where it was not seen settled. */
      readonly after?: SettledEnd;
    }
  /** SLURM's settled record says that someone ended the job: the trial is over. */
  | {
      readonly kind: 'cancelled';
      readonly jobId: string;
      readonly reason: string;
      /** Who, where accounting tells: a user's name or id. */
      readonly by?: string;
    }
  /** This submission can give no job any more: use the next one. */
  | {
      readonly kind: 'resubmit';
      readonly reason: string;
      /**
       * `policy`: the sweep or the cluster wants new jobs instead of requeues; `refused`: SLURM does not requeue this one;
       * `gone`: SLURM has no record of it; `node dead`: it hangs on a node that does not answer. Absent: `gone`.
       */
      readonly why?: 'policy' | 'refused' | 'gone' | 'node dead';
      /** The old job, if it may still live: the next submission's `replaces`. */
      readonly old?: string;
      readonly after?: SettledEnd;
    }
  /** A limit on queued jobs (QOS, association, MaxJobCount), in SLURM's words: to be tried again later. */
  | { readonly kind: 'limited'; readonly message: string }
  /** sbatch refused for good, in its own words. */
  | { readonly kind: 'rejected'; readonly message: string };

export interface EndJobInput {
  readonly identity: Identity;
  readonly number: number;
  readonly submission: number;
  readonly jobId: string | null;
  /** True: the job is leaving by itself; give it some seconds before it is cancelled. */
  readonly leaving: boolean;
  /** True: the trial is over, forget its watch entries. */
  readonly over: boolean;
}

export interface CloseTrialInput extends EndJobInput {
  /** The newest granted segment; 0 when none was. */
  readonly segment: number;
  /** What the sweep is told. */
  readonly ended: TrialEnded;
}

export interface SegmentInput {
  readonly identity: Identity;
  readonly number: number;
  readonly segment: number;
}

export interface AskInput {
  readonly identity: Identity;
  readonly numbers: readonly number[];
  /** Hyperparameters of the first numbers, from users; the sampler fills in what they leave out. */
  readonly given: readonly Hyperparameters[];
  /** Trials before these whose hyperparameters users gave: a grid loses no point to them. */
  readonly skipped: number;
  /** Of the workflow: what stands before an offset never changes within one run. */
  readonly runId: string;
  /** Bytes of `trials.jsonl` that the sweep's state holds: what a sampler learns from, and nothing beyond (P12). */
  readonly offset: number;
  /** Numbers of trials that are not in that prefix yet. */
  readonly pending: readonly number[];
}

export interface RecordInput {
  readonly identity: Identity;
  /** Byte offset in `trials.jsonl` at which the lines belong: a repeated call writes the same bytes (P12). */
  readonly offset: number;
  readonly trials: readonly TrialEnded[];
}

export interface SweepActivities {
  /**
   * @param input.source a path, an object with the keys of sweep.yaml, or `{ sweep: <either>, from: <sweep id> }`.
   * Reads and checks sweep.yaml, claims the directory, writes sweep.json. Throws `InvalidSweep`, `DirectoryTaken`, `DirectoryUnusable` (none retryable).
   */
  openSweep(input: { source: unknown; identity: Identity }): Promise<OpenedSweep>;
  /**
   * Proposes hyperparameters and writes each trial's `trial.json`. A finite space ends: fewer answers than numbers. The same
   * input has the same answer, whoever gives it, whenever and however often (P12).
   */
  ask(input: AskInput): Promise<{ number: number; hyperparameters: Hyperparameters }[]>;
  /** @returns the new length of `trials.jsonl`. */
  record(input: RecordInput): Promise<{ offset: number }>;
  /** Writes results.csv, results.json, best.yaml. */
  writeResults(input: { identity: Identity; state: string }): Promise<void>;
  /** Checks and keeps other options for jobs submitted from now on. @returns all changes so far. Throws `InvalidJobOptions` (not retryable). */
  setJobOptions(input: { identity: Identity; options: JobOptions }): Promise<JobOptions>;
  /** Checks hyperparameters from a user, some or all. Throws `InvalidHyperparameters` (not retryable). */
  checkHyperparameters(input: { identity: Identity; hyperparameters: Hyperparameters }): Promise<Hyperparameters>;
  /** A trial's line in the first `offset` bytes of `trials.jsonl`; null when it is not there. */
  endedTrial(input: { identity: Identity; number: number; offset: number }): Promise<TrialEnded | null>;
  /** Ids of those trial workflows that are closed: a net for trials that were terminated. */
  closedTrials(input: { identity: Identity; numbers: readonly number[] }): Promise<number[]>;
}

export interface SlurmActivities {
  ensureJob(input: EnsureJobInput): Promise<EnsureJobResult>;
  /** Cancels the job if it is still there, and any other with the trial's tokens; resolves when none is live. */
  endJob(input: EndJobInput): Promise<void>;
  /** A job that may not work: a second one of a submission, or of a trial that is paused or over. */
  cancelStray(input: { jobId: string; reason: string }): Promise<void>;
  /**
   * The trial is over: ends what is left of its job, merges the segments' rows and checkpoints into the trial's views, and
   * tells the sweep, by workflow id since it may have continued as new. Told from here it costs the trial no events.
   */
  closeTrial(input: CloseTrialInput): Promise<void>;
  /** What a segment left on disk: its outcome (a report may have been dropped in an outage) and its newest checkpoint. */
  readSegment(input: SegmentInput): Promise<{ outcome: Outcome | null; position: Position | null }>;
}

export interface TrainInput {
  readonly identity: Identity;
  readonly number: number;
  readonly segment: number;
  readonly allocation: Allocation;
  readonly protocol: number;
}

/** Details of every heartbeat of `train`. */
export interface TrainHeartbeat extends Position {
  readonly batches: number;
  readonly loss: number | string | null;
  readonly jobId: string;
  readonly restartCount: number;
  readonly node: string;
  /** What the trainer warned of last in this segment, cut short: a checkpoint that could not be saved, for instance. */
  readonly warning?: string;
}

export interface AgentActivities {
  train(input: TrainInput): Promise<Outcome>;
}
