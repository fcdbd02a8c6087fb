/** Every path of a sweep's directory, in one place. Pure: nothing here touches the disk. */
import { join } from 'node:path';

export interface AllocationName {
  readonly jobId: string;
  readonly restartCount: number;
}

export function sweepLayout(root: string, sweepId: string) {
  const directory = join(root, sweepId);
  return {
    directory,
    owner: join(directory, 'owner.json'),
    yaml: join(directory, 'sweep.yaml'),
    resolved: join(directory, 'sweep.json'),
    /** What `setJobOptions` changed; absent until then. */
    jobOptions: join(directory, 'job-options.json'),
    trials: join(directory, 'trials.jsonl'),
    /** Trials of another sweep that samplers know from the start (`--from`); absent without. */
    prior: join(directory, 'prior.jsonl'),
    resultsJson: join(directory, 'results.json'),
    resultsCsv: join(directory, 'results.csv'),
    best: join(directory, 'best.yaml'),
    trial: (number: number) => trialLayout(join(directory, 'trials', String(number))),
  };
}

export function trialLayout(directory: string) {
  return {
    directory,
    trial: join(directory, 'trial.json'),
    /** For the macro `${args_json_file}`; absent without it. */
    arguments: join(directory, 'arguments.json'),
    metrics: join(directory, 'metrics.jsonl'),
    best: join(directory, 'best'),
    bestCheckpoint: join(directory, 'best', 'checkpoint.safetensors'),
    /** As the trial that completed exported it; absent if it did not. */
    model: join(directory, 'model'),
    curves: join(directory, 'tensorboard'),
    segments: join(directory, 'segments'),
    submission: (submission: number) => submissionLayout(join(directory, 'submissions', String(submission))),
    allocation: (name: AllocationName) =>
      allocationLayout(join(directory, 'allocations', `${name.jobId}.${name.restartCount}`)),
    segment: (segment: number) => segmentLayout(join(directory, 'segments', String(segment))),
  };
}

function submissionLayout(directory: string) {
  return {
    directory,
    /** What the agent and the end reporter need to know: identity, trial, paths, protocol. */
    job: join(directory, 'job.json'),
    script: join(directory, 'job.sh'),
    output: join(directory, 'output.log'),
  };
}

function allocationLayout(directory: string) {
  return {
    directory,
    /** Written by the batch shell's trap: the time limit is near. */
    notice: join(directory, 'notice'),
    /** Written after launch.sh was sourced; without it the launch is lost. */
    launched: join(directory, 'launched'),
    /** Written by the agent when its signal handlers stand. */
    ready: join(directory, 'ready'),
    /** Written by the agent when the trial has accepted its `allocationEnded`. */
    ended: join(directory, 'ended'),
  };
}

function segmentLayout(directory: string) {
  return {
    directory,
    /** O_EXCL: the agent that created it owns the segment (P2). */
    owner: join(directory, 'owner'),
    resume: join(directory, 'resume.json'),
    metrics: join(directory, 'metrics.jsonl'),
    checkpoints: join(directory, 'checkpoints'),
    latest: join(directory, 'checkpoints', 'latest.json'),
    /** Of the whole trial up to now, while this is its newest segment. */
    curves: join(directory, 'tensorboard'),
    outcome: join(directory, 'outcome.json'),
    /** How long batches and checkpoints took: what the next submission's lead time is fitted to. */
    pace: join(directory, 'pace.json'),
  };
}

/** The poller's list of jobs to watch; one file per token (P10). Lives beside the sweeps. */
export const watchDirectory = (root: string): string => join(root, '.watch');

/** What each control worker's scheduler calls came to in the last hour; one file per worker (P10). */
export const callsDirectory = (root: string): string => join(root, '.calls');

/** Verdicts of `temporal sweep verify` on scripts, for the trials that run them. Lives beside the sweeps. */
export const verifiedDirectory = (root: string): string => join(root, '.verified');
