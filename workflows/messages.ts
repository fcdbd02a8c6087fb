/**
 * Everything that travels between client, sweep, trial and agent. Values are plain JSON; metrics arrive encoded
 * (NaN as text, see trainer/codec.ts) and pass through untouched: the sandbox compares only `objective`, a finite number or null.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

/** Protocol of job scripts, announcements and `train` (P12). A mismatch resubmits once, uncounted. */
export const PROTOCOL = 1;

/** Names alone are not identities: the first execution run id tells two sweeps of one name apart. */
export interface Identity {
  readonly namespace: string;
  readonly sweepId: string;
  readonly firstRunId: string;
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type Hyperparameters = { readonly [name: string]: Json };
export type Metrics = { readonly [name: string]: number | string };

/** One incarnation of a job, ordered by (submission, restart count). */
export interface Allocation {
  readonly submission: number;
  readonly jobId: string;
  readonly restartCount: number;
}

export type Cause = 'limit' | 'preemption' | 'cancel' | 'pause' | 'stop' | 'prune';

export interface Position {
  readonly step: number;
  /** Finished epochs. */
  readonly epoch: number;
  /** Finished batches of the epoch under way. */
  readonly batch: number;
  /** Examples of that epoch's evaluation that are done; absent: none. */
  readonly evaluated?: number | undefined;
}

/** What one segment came to. Returned by `train`, written to `outcome.json`, carried by `allocationEnded`. */
export type Outcome =
  /** `note` says why there is no objective; else empty. */
  | ({
      readonly status: 'completed';
      readonly objective: number | null;
      readonly metrics: Metrics;
      readonly note: string;
    } & Position)
  /** `note`: why it came no further than it began, where that is known. */
  | ({ readonly status: 'interrupted'; readonly cause: Cause; readonly note?: string } & Position)
  | { readonly status: 'failed'; readonly type: string; readonly message: string };

export interface AllocationStarted extends Allocation {
  readonly protocol: number;
  readonly node: string;
  /** The agent's task queue: `<sweep id>/<trial>@<job>.<restart count>`. */
  readonly taskQueue: string;
}

export interface AllocationEnded extends Allocation {
  /** The last granted segment's outcome; null when none was granted or its agent died. */
  readonly segment: number | null;
  readonly outcome: Outcome | null;
  /**
   * Why the allocation ended. From the agent: `agent`, or the notice's cause if it left before a segment began. From the
   * job script: `launch.sh`, `agent died`.
   */
  readonly why: string;
  readonly code: number | null;
}

export interface JobChanged {
  readonly jobId: string;
  readonly restartCount: number;
  readonly state: string;
  readonly reason: string;
}

/** Why a trial should not go on. Workflow state before anything is pushed (P7). */
export type Intent = 'cancel' | 'pause' | 'stop' | 'prune';

export type TrialState =
  'waiting' | 'running' | 'preempted' | 'paused' | 'complete' | 'pruned' | 'failed' | 'cancelled';

export interface TrialEnded {
  readonly number: number;
  readonly state: 'complete' | 'pruned' | 'failed' | 'cancelled';
  readonly hyperparameters: Hyperparameters;
  readonly objective: number | null;
  readonly metrics: Metrics;
  readonly epoch: number;
  readonly step: number;
  readonly segments: number;
  readonly resumes: number;
  /** Reasons of the interruptions, in order: `limit`, `preemption`, `lost` … */
  readonly interruptions: readonly string[];
  readonly reason: string;
  /** What `temporal sweep verify` found for this very script, in a few words; absent: the trial ended without a word. */
  readonly verified?: string;
}

/** A trial's submission was refused for good: the sweep pauses with sbatch's own words. */
export interface SubmissionRejected {
  readonly number: number;
  readonly message: string;
}

// --- sweep ---
/** sbatch's long options without dashes; `true` for one without a value, null to take one away. */
export type JobOptions = Readonly<Record<string, string | true | null>>;

export interface TrialRow {
  readonly number: number;
  readonly state: TrialState;
  readonly hyperparameters: Hyperparameters;
  readonly jobId: string | null;
  readonly epoch: number;
  readonly objective: number | null;
  readonly resumes: number;
  readonly reason: string;
}

export interface SweepStatus {
  readonly sweepId: string;
  readonly state: 'starting' | 'running' | 'pausing' | 'paused' | 'finishing' | 'complete' | 'cancelling' | 'cancelled';
  readonly method: string;
  readonly metric: { readonly name: string; readonly goal: 'minimize' | 'maximize' } | null;
  readonly directory: string;
  readonly concurrency: number;
  /** Trials to run in all; null: until stopped. */
  readonly size: number | null;
  readonly started: number;
  readonly counts: Readonly<Record<'running' | 'complete' | 'pruned' | 'failed' | 'cancelled', number>>;
  readonly resumes: number;
  readonly best: TrialRow | null;
  /** Sentences a user should read: a rejected submission, missing search attributes. */
  readonly notes: readonly string[];
}

export const statusQuery = defineQuery<SweepStatus>('status');
export const trialsQuery = defineQuery<TrialRow[]>('trials');
export const leaderboardQuery = defineQuery<TrialRow[]>('leaderboard');
export const setConcurrencyUpdate = defineUpdate<{ concurrency: number }, [number]>('setConcurrency');
export const setRunCapUpdate = defineUpdate<{ runCap: number }, [number]>('setRunCap');
export const setJobOptionsUpdate = defineUpdate<{ options: JobOptions }, [JobOptions]>('setJobOptions');
/** What is left out is for the sampler. @returns how many wait to be started, this one included. */
export const enqueueTrialUpdate = defineUpdate<{ queued: number }, [Hyperparameters]>('enqueueTrial');
/** @returns as `enqueueTrial`. */
export const retryTrialUpdate = defineUpdate<{ queued: number }, [number]>('retryTrial');
export const stopTrialUpdate = defineUpdate<{ stopping: number }, [number]>('stopTrial');
export const pauseSignal = defineSignal<[{ release?: boolean }?]>('pause');
export const resumeSignal = defineSignal('resume');
/** The identity is that of the trial's sweep: an older sweep of the same name is another one. */
export const trialEndedSignal = defineSignal<[TrialEnded, Identity?]>('trialEnded');
/** A trial has given its job back: how a sweep knows that a pause is complete. */
export const trialPausedSignal = defineSignal<[{ number: number; identity: Identity }]>('trialPaused');
export const submissionRejectedSignal = defineSignal<[SubmissionRejected]>('submissionRejected');

// --- trial ---
export interface TrialStatus {
  readonly sweepId: string;
  readonly number: number;
  readonly state: TrialState;
  readonly hyperparameters: Hyperparameters;
  readonly submission: number;
  readonly jobId: string | null;
  readonly restartCount: number | null;
  readonly node: string | null;
  readonly segments: number;
  readonly resumes: number;
  readonly position: Position | null;
  readonly objective: number | null;
  readonly interruptions: readonly string[];
  /** What the trial does or waits for now, in a sentence. */
  readonly activity: string;
}

export const trialStatusQuery = defineQuery<TrialStatus>('status');
export const allocationStartedSignal = defineSignal<[AllocationStarted]>('allocationStarted');
export const allocationEndedSignal = defineSignal<[AllocationEnded]>('allocationEnded');
/** The identity is that of the trial's sweep: news for an older sweep of the same name is ignored. */
export const jobChangedSignal = defineSignal<[JobChanged, Identity?]>('jobChanged');
export const trialPauseSignal = defineSignal('pause');
export const trialResumeSignal = defineSignal('resume');
export const trialStopSignal = defineSignal('stop');
