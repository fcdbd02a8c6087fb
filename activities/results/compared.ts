/** The trials that can be compared: completed, with a finite number for each objective. Pure. */
import type { TrialEnded } from '../../workflows/messages.ts';
import { lossesOf } from '../samplers/history.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';

export interface Compared {
  readonly trial: TrialEnded;
  /** One per objective, to be minimised. */
  readonly losses: readonly number[];
}

export const comparedTrials = (
  sweep: Pick<ResolvedSweep, 'metric' | 'metrics'>,
  trials: readonly TrialEnded[],
): Compared[] =>
  trials
    .filter(({ state }) => state === 'complete')
    .map((trial) => ({ trial, losses: lossesOf(sweep, trial) }))
    .filter(({ losses }) => losses.length > 0 && losses.every(Number.isFinite));
