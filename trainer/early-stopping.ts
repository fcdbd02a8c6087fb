/** Ends a training that no longer improves, and may go back to its best weights. */
import { decodeWatch, type EncodedWatch, encodeWatch, type Goal, UNWATCHED, type Watch, watch } from './monitor.ts';
import type { EncodedMetrics } from './codec.ts';

export interface EarlyStopping {
  /** Epochs without an improvement of `monitor` after which the training ends. `Infinity`: never, for `restoreBest` alone. */
  readonly patience: number;
  /** An improvement is more than this. Default 0. */
  readonly minDelta?: number;
  /**
   * At the end, stopped early or not, the model has the weights of its best epoch, and the trial's metrics are that
   * epoch's row. Costs a copy of the weights in memory and in every checkpoint. Default false.
   */
  readonly restoreBest?: boolean;
}

/** In the checkpoint. */
export interface StoppingState extends Watch {
  /** The row of the best epoch. */
  readonly metrics: EncodedMetrics | null;
}

export interface EncodedStopping extends EncodedWatch {
  readonly metrics: EncodedMetrics | null;
}

export const NEVER_STOPPED: StoppingState = { ...UNWATCHED, metrics: null };

/** After an epoch with this value and row. */
export function advanceStopping(
  { patience, minDelta = 0 }: EarlyStopping,
  state: StoppingState,
  epoch: { readonly value: number; readonly metrics: EncodedMetrics },
  goal: Goal,
): { readonly state: StoppingState; readonly improved: boolean; readonly stop: boolean } {
  const { best, wait, improved } = watch(state, epoch.value, goal, minDelta);
  const metrics = improved ? epoch.metrics : state.metrics;
  return { state: { best, wait, metrics }, improved, stop: wait >= patience };
}

export const encodeStopping = (state: StoppingState): EncodedStopping => ({
  ...encodeWatch(state),
  metrics: state.metrics,
});

export const decodeStopping = (state: EncodedStopping): StoppingState => ({
  ...decodeWatch(state),
  metrics: state.metrics,
});
