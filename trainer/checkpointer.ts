/**
 * The second level of the API: for a script that keeps its own training loop. It tracks what the script names, and
 * promises the same as `defineTrial`: P3 nothing is written before the grant; P4 row, then checkpoint, then the report
 * of both; P5 exact resume at any step; P6 rows without gap or repetition.
 */
import type { Position } from './checkpointer-file.ts';
import type { Metrics } from './codec.ts';
import type { TensorFlow, Widened } from './definition.ts';
import type { Hyperparameters } from './protocol.ts';
import { latchSignals } from './signal-latch.ts';
import type { Trackable } from './tracked.ts';

export interface CheckpointerOptions<H extends Hyperparameters> {
  /** Names and defaults, as in `defineTrial`. */
  readonly hyperparameters: H;
  /** Seconds between two checkpoints beside those of `row`. Default 30. */
  readonly checkpointSeconds?: number;
}

/** The batch just trained, every number counted from 0. */
export interface TrainedBatch {
  /** Over all epochs: the first call's is what `restore` gave, each next one's is larger by 1. */
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  /** Batches of an epoch: `step` then never leaves between the last one and its row. Needed in a loop over steps. */
  readonly batches?: number;
  /** Shown while the epoch goes on, `loss` above all. */
  readonly metrics?: Metrics;
}

export interface FinishedEpoch {
  /** The epoch just finished, counted from 0. */
  readonly epoch: number;
  /** The last batch trained, counted from 0, or the number of batches trained: either is understood. */
  readonly step: number;
  readonly metrics: Metrics;
}

export interface Checkpointer<H> {
  readonly tf: TensorFlow;
  readonly hyperparameters: Widened<H>;
  /** The trial's. `Math.random` is already replaced by a generator of this seed, whose state is checkpointed. */
  readonly seed: number;
  /** The order of `length` examples in an epoch: a function of seed and epoch, so that nothing of it need be tracked. */
  permutation(epoch: number, length: number): Uint32Array;
  /** Before `restore`. The name stands in the checkpoint: letters, digits, `_`, `-`, `.`. */
  track(name: string, thing: Trackable): void;
  /** Once, when everything is built and tracked. @returns finished batches and epochs: where the loop begins. */
  restore(): Promise<Position>;
  /** After every batch. Yields, checkpoints when it is time, and, on a notice, checkpoints and ends the process (85). */
  step(trained: TrainedBatch): Promise<void>;
  /**
   * After `step` of an epoch's last batch, at every epoch or at none: a durable row, then a checkpoint; leaves on a
   * notice as `step` does.
   */
  row(finished: FinishedEpoch): Promise<void>;
  /**
   * The final checkpoint, the outcome, the end of the process (0). A script that ends without it has failed (`NoResult`).
   * `metrics`: default those of the last row.
   */
  finish(result?: { readonly metrics?: Metrics }): Promise<never>;
}

let isCreated = false;

/**
 * Loads tfjs and replaces `Math.random`: build data and model after it. Under an agent the script is one segment of a
 * trial; by itself it takes `--name=value`, `--seed=N` and `--directory=DIR`. What the script throws from now on ends
 * the process as a failed trial.
 *
 * @throws Error on a second call in one process.
 */
export async function createCheckpointer<H extends Hyperparameters>(
  options: CheckpointerOptions<H>,
): Promise<Checkpointer<H>> {
  if (isCreated) throw new Error('createCheckpointer was called twice: a script is one trial');
  isCreated = true;
  latchSignals();
  // The machinery is imported only by a process that trains.
  const { openCheckpointer } = await import('./run-checkpointer.ts');
  return openCheckpointer(options);
}
