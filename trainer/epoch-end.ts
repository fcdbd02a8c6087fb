/** P5: what a finished epoch decides, from its row and the progress alone: the next learning rate, whether its weights are the best, whether it was the last. */
import { decodeNumber } from './codec.ts';
import { advanceStopping } from './early-stopping.ts';
import { watch } from './monitor.ts';
import { advancePlateau } from './plateau.ts';
import type { PreparedTrial } from './prepare.ts';
import type { Progress } from './progress.ts';
import type { Row } from './protocol.ts';

/**
 * Moves on to the next epoch, or, with `progress.finished`, gives the model its final weights.
 * @returns whether this epoch is the best one so far.
 */
export function finishEpoch(trial: PreparedTrial, progress: Progress, row: Row): { readonly improved: boolean } {
  const { goal, monitor, earlyStopping } = trial.options;
  const { metrics, epoch } = row;
  Object.assign(progress, { epoch, batch: 0, sums: [], summed: 0, evaluation: null, metrics });
  progress.finished = epoch >= trial.epochs;
  const value = decodeNumber(metrics[monitor]);
  if (trial.plateau !== null) progress.plateau = advancePlateau(trial.plateau, progress.plateau, value, goal);
  if (earlyStopping !== null) {
    const { state, improved, stop } = advanceStopping(earlyStopping, progress.stopping, { value, metrics }, goal);
    progress.stopping = state;
    progress.finished ||= stop;
    if (improved) takeBest(trial);
  }
  const { best, wait, improved } = watch(progress.leading, value, goal, 0);
  progress.leading = { best, wait };
  if (progress.finished) settleWeights(trial, progress);
  return { improved };
}

// --- internal ---

/** The best weights are those that were evaluated: averaged ones where there are averages. */
function takeBest({ best, ema }: PreparedTrial): void {
  if (best === null) return;
  ema?.swapIn();
  best.take();
  ema?.swapOut();
}

function settleWeights({ best, ema }: PreparedTrial, progress: Progress): void {
  ema?.swapIn();
  if (best === null) return;
  best.apply();
  progress.metrics = progress.stopping.metrics ?? progress.metrics;
}
