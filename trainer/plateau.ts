/** The one schedule with a state: it lowers the learning rate when the monitored metric stops improving. */
import { type Goal, type Watch, watch } from './monitor.ts';
import { constant, type Schedule } from './schedules.ts';

export interface ReduceOnPlateau {
  readonly kind: 'reduceOnPlateau';
  readonly schedule: Schedule;
  readonly factor: number;
  readonly patience: number;
  readonly minDelta: number;
  readonly min: number;
}

export interface PlateauOptions {
  /** By what the rate is multiplied. Default 0.1. */
  readonly factor?: number;
  /** Epochs without an improvement before it is. Default 10. */
  readonly patience?: number;
  /** An improvement is more than this. Default 0. */
  readonly minDelta?: number;
  /** The rate is never lowered below this. Default 0. */
  readonly min?: number;
}

/** In the checkpoint. `scale` is the product of all factors so far. */
export interface PlateauState extends Watch {
  readonly scale: number;
}

/**
 * Lowers the learning rate after `patience` epochs in which `monitor` did not improve; counting begins anew then.
 *
 * @param base a rate, or another schedule that is scaled: `reduceOnPlateau(warmUp(500, constant(0.1)))`
 * @throws RangeError on a factor outside (0, 1), a patience below 1, a negative `minDelta` or `min`
 */
export function reduceOnPlateau(base: number | Schedule, options: PlateauOptions = {}): ReduceOnPlateau {
  const { factor = 0.1, patience = 10, minDelta = 0, min = 0 } = options;
  if (!(factor > 0 && factor < 1)) throw new RangeError(`reduceOnPlateau: factor is ${factor}, it must lie in (0, 1)`);
  if (!Number.isSafeInteger(patience) || patience < 1)
    throw new RangeError(`reduceOnPlateau: patience is ${patience}, it must be a whole number of epochs from 1 on`);
  if (!(minDelta >= 0)) throw new RangeError(`reduceOnPlateau: minDelta is ${minDelta}, it must be at least 0`);
  if (!(min >= 0)) throw new RangeError(`reduceOnPlateau: min is ${min}, it must be at least 0`);
  const schedule = typeof base === 'number' ? constant(base) : base;
  return { kind: 'reduceOnPlateau', schedule, factor, patience, minDelta, min };
}

/** After an epoch with this value. */
export function advancePlateau(
  { factor, patience, minDelta }: ReduceOnPlateau,
  state: PlateauState,
  value: number,
  goal: Goal,
): PlateauState {
  const { best, wait } = watch(state, value, goal, minDelta);
  return wait >= patience ? { best, wait: 0, scale: state.scale * factor } : { best, wait, scale: state.scale };
}

export const plateauRate = ({ min }: ReduceOnPlateau, { scale }: PlateauState, rate: number): number =>
  Math.min(rate, Math.max(min, rate * scale));
