/**
 * The words between agent and trainer: one JSON object per line, both ways, over one inherited duplex descriptor
 * (its number stands in TEMPORAL_SWEEP_FD). Any program that speaks them is a trainer; `docs/protocol.md` shows it in Python.
 *
 * Order: the trainer starts, loads, and says `ready`; it writes and reports nothing before `grant`. Then `started`, any
 * number of `progress`, `row`, `checkpoint`, and exactly one `outcome`, after which it exits.
 *
 * Metrics travel through the codec of `codec.ts`: JSON has no NaN, no infinities, no -0.
 */
import type { EncodedMetrics } from './codec.ts';

export const PROTOCOL_VERSION = 1;

/** Environment of a trainer. All paths are absolute. */
export const ENVIRONMENT = {
  /** Number of the duplex descriptor; absent when the script runs by itself. */
  descriptor: 'TEMPORAL_SWEEP_FD',
  /** Path of the trial's `trial.json`: hyperparameters, seed, pinned environment. */
  trial: 'TEMPORAL_SWEEP_TRIAL',
  /** Path of the checkpoint that `grant` will most likely name, so that it can be read ahead; absent on a first start. */
  candidate: 'TEMPORAL_SWEEP_CANDIDATE',
  /** Seconds between two checkpoints inside an epoch; absent: the script's own choice, else 30. */
  checkpointSeconds: 'TEMPORAL_SWEEP_CHECKPOINT_SECONDS',
} as const;

/** A value of sweep.yaml; nested parameters are nested objects. */
export type Hyperparameter = string | number | boolean | null | Hyperparameter[] | { [name: string]: Hyperparameter };
export type Hyperparameters = Record<string, Hyperparameter>;

/** `trial.json`: what makes the trial that trial. Written once by the control worker. */
export interface TrialFile {
  readonly number: number;
  readonly hyperparameters: Hyperparameters;
  /** 32-bit unsigned; the source of every random number of the trial. */
  readonly seed: number;
  /** Pinned variables of the trainer's process (threads, oneDNN …): they select the trajectory. */
  readonly environment: Record<string, string>;
}

/** Where a segment begins: a checkpoint of an earlier segment of the same trial. */
export interface ResumePoint {
  readonly segment: number;
  /** Batches trained so far, over all epochs. */
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  readonly file: string;
  readonly sha256: string;
}

export type NoticeCause = 'limit' | 'preemption' | 'cancel' | 'pause' | 'stop' | 'prune';

export type ToTrainer =
  | {
      readonly type: 'grant';
      readonly segment: number;
      /** `segments/<n>`: the only directory the trainer may write or delete in. */
      readonly directory: string;
      readonly resume: ResumePoint | null;
    }
  | {
      /**
       * Checkpoint at the next batch, answer with `outcome: interrupted`, exit. With `limit` and a deadline the trainer
       * may go on for as long as that leaves time; another notice may then take its place. All others are final.
       */
      readonly type: 'notice';
      readonly cause: NoticeCause;
      /** Milliseconds since the epoch by which the trainer must have ended; null: as soon as it can. */
      readonly deadline: number | null;
    };

export type FromTrainer =
  | { readonly type: 'ready'; readonly protocol: number; readonly environment: Record<string, string> }
  | {
      readonly type: 'started';
      readonly step: number;
      readonly epoch: number;
      readonly batch: number;
      readonly warnings: string[];
    }
  | {
      readonly type: 'progress';
      readonly step: number;
      readonly epoch: number;
      readonly batch: number;
      readonly batches: number;
      readonly metrics: EncodedMetrics;
    }
  /** One finished epoch; sent after its line in `metrics.jsonl` and the checkpoint behind it are durable. */
  | ({ readonly type: 'row' } & Row & { readonly memory?: RowMemory })
  | ({ readonly type: 'checkpoint' } & CheckpointEntry & { readonly milliseconds: number })
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'outcome'; readonly outcome: TrainerOutcome };

/** The trainer's memory after an epoch, in the message alone: it is no fact about the training. */
export interface RowMemory {
  /** Resident set of the process, in bytes. */
  readonly rss: number;
  /** Tensors alive. */
  readonly tensors: number;
}

/** One line of `metrics.jsonl`. Identified by (trial, step). Epochs count from 1 in rows: a row is a finished epoch. */
export interface Row {
  readonly step: number;
  readonly epoch: number;
  readonly metrics: EncodedMetrics;
  /** How often the trial had gone on in another environment (threads, CPU type, library) by then; absent: never. */
  readonly environmentChanges?: number;
}

/** One entry of `checkpoints/latest.json`, newest first. `epoch` and `batch` count finished ones from 0. */
export interface CheckpointEntry {
  readonly file: string;
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  /** Examples of that epoch's evaluation that are done; absent: none. */
  readonly evaluated?: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly reason: 'epoch' | 'interval' | 'notice' | 'final';
  /** On the one with the best metric so far, which is kept beside the last two; absent on the others. */
  readonly best?: true;
}

export type TrainerOutcome =
  | { readonly status: 'completed'; readonly step: number; readonly epoch: number; readonly metrics: EncodedMetrics }
  | {
      readonly status: 'interrupted';
      readonly cause: NoticeCause;
      readonly step: number;
      readonly epoch: number;
      readonly batch: number;
      /** Examples of that epoch's evaluation that are done; absent: none. */
      readonly evaluated?: number;
    }
  | { readonly status: 'failed'; readonly type: TrainerFailure; readonly message: string };

/**
 * - `TrainerError`: the user's code threw.
 * - `UnusableCheckpoint`: the named checkpoint could not be restored into this model.
 * - `NoResult`: the script came to its end without saying what the training came to.
 * - `StorageError`: the segment's directory could not be written (full, read-only, vanished).
 * - `TrainerDied` and `ProtocolError` are found by the agent: an exit without an outcome, lines that are not the protocol.
 * - `NoProgress`: nothing was heard for longer than the progress time-out.
 */
export type TrainerFailure =
  'TrainerError' | 'NoResult' | 'UnusableCheckpoint' | 'StorageError' | 'TrainerDied' | 'ProtocolError' | 'NoProgress';
