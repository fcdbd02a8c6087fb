/** Where a training is and what it has summed up so far, and how a checkpoint's JSON holds that. */
import { decodeNumber, type EncodedMetrics, type EncodedNumber, encodeNumber } from './codec.ts';
import {
  decodeStopping,
  type EncodedStopping,
  encodeStopping,
  NEVER_STOPPED,
  type StoppingState,
} from './early-stopping.ts';
import type { Sums } from './meter.ts';
import { decodeWatch, type EncodedWatch, encodeWatch, UNWATCHED, type Watch } from './monitor.ts';
import type { PlateauState } from './plateau.ts';

/** An evaluation under way. */
export interface EvaluationProgress extends Sums {
  /** Examples evaluated. */
  examples: number;
}

/** Mutated by the loop alone. */
export interface Progress {
  step: number;
  /** Finished epochs. */
  epoch: number;
  /** Finished batches of the epoch under way; equal to all of them while it is being evaluated. */
  batch: number;
  /** Per metric, `loss` first: sum over examples, in double precision, added in the order of the batches. */
  sums: number[];
  /** Examples in `sums`. */
  summed: number;
  evaluation: EvaluationProgress | null;
  /** The newest row's metrics; at the end those of the model's final weights. */
  metrics: EncodedMetrics;
  /** Resumes in another environment than the one before: the results may differ in their last bits since. */
  environmentChanges: number;
  /** Marks the checkpoint of the best epoch. */
  leading: Watch;
  plateau: PlateauState;
  stopping: StoppingState;
  /** The training has come to its end, at its last epoch or before it; the model has its final weights. */
  finished: boolean;
}

export interface SavedProgress {
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  readonly sums: EncodedNumber[];
  readonly summed: number;
  readonly metrics: EncodedMetrics;
  readonly evaluation?: { readonly examples: number; readonly sums: EncodedNumber[]; readonly summed: number };
  readonly environmentChanges?: number;
  readonly leading?: EncodedWatch;
  readonly plateau?: EncodedWatch & { readonly scale: number };
  readonly stopping?: EncodedStopping;
  readonly finished?: true;
}

export const startOfTraining = (): Progress => ({
  step: 0,
  epoch: 0,
  batch: 0,
  sums: [],
  summed: 0,
  evaluation: null,
  metrics: {},
  environmentChanges: 0,
  leading: UNWATCHED,
  plateau: { ...UNWATCHED, scale: 1 },
  stopping: NEVER_STOPPED,
  finished: false,
});

/** What is as it was at the start is left out. */
export function encodeProgress(progress: Progress): SavedProgress {
  const { step, epoch, batch, summed, metrics, evaluation, leading, plateau, stopping, finished } = progress;
  const isWatched = (state: { readonly best: number | null; readonly wait: number }): boolean =>
    state.best !== null || state.wait > 0;
  return {
    step,
    epoch,
    batch,
    sums: progress.sums.map(encodeNumber),
    summed,
    metrics,
    ...(evaluation && { evaluation: { ...evaluation, sums: evaluation.sums.map(encodeNumber) } }),
    ...(progress.environmentChanges > 0 && { environmentChanges: progress.environmentChanges }),
    ...(isWatched(leading) && { leading: encodeWatch(leading) }),
    ...((isWatched(plateau) || plateau.scale !== 1) && { plateau: { ...encodeWatch(plateau), scale: plateau.scale } }),
    ...(isWatched(stopping) && { stopping: encodeStopping(stopping) }),
    ...(finished && { finished }),
  };
}

export function decodeProgress(saved: SavedProgress): Progress {
  const { step, epoch, batch, summed, metrics, evaluation, leading, plateau, stopping, finished = false } = saved;
  const start = startOfTraining();
  return {
    step,
    epoch,
    batch,
    sums: saved.sums.map(decodeNumber),
    summed,
    metrics,
    evaluation: evaluation ? { ...evaluation, sums: evaluation.sums.map(decodeNumber) } : null,
    environmentChanges: saved.environmentChanges ?? 0,
    leading: leading ? decodeWatch(leading) : start.leading,
    plateau: plateau ? { ...decodeWatch(plateau), scale: plateau.scale } : start.plateau,
    stopping: stopping ? decodeStopping(stopping) : start.stopping,
    finished,
  };
}
