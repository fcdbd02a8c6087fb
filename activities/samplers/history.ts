/** What a model-based sampler is told of a trial: its line of `trials.jsonl` as a point and losses. Pure. */
import type { TrialEnded } from '../../workflows/messages.ts';
import type { Objective, ResolvedSweep } from '../sweep-config/resolved-sweep.ts';
import type { EncodedSpace } from './encoded-space.ts';
import type { Observation } from './model.ts';

type Objectives = Pick<ResolvedSweep, 'metric' | 'metrics'>;

export const objectivesOf = ({ metric, metrics }: Objectives): readonly Objective[] =>
  metric === null ? metrics : [metric];

/**
 * Null for a trial that teaches nothing: its hyperparameters lie outside of the space, or it was cancelled, which says
 * nothing about them. With W&B's `impute: best` or `latest`, a failed or cancelled trial that left a value counts by that
 * value; without one a failed trial is the worst.
 */
export function observationOf(space: EncodedSpace, sweep: Objectives, trial: TrialEnded): Observation | null {
  const point = space.encode(trial.hyperparameters);
  if (point === null) return null;
  const { number, step, state } = trial;
  const values = lossesOf(sweep, trial);
  if (state === 'complete' || state === 'pruned') return { number, point, state, values, step };
  const impute = sweep.metric?.impute ?? 'worst';
  if (impute !== 'worst' && values.every(Number.isFinite)) return { number, point, state: 'complete', values, step };
  return state === 'failed' ? { number, point, state, values: [], step } : null;
}

/** One per objective, to be minimised. Whatever is no finite number is as bad as can be: NaN, missing, and infinity of either sign. */
export const lossesOf = (sweep: Objectives, trial: TrialEnded): number[] =>
  objectivesOf(sweep).map((objective) => lossOf(trial, objective, sweep.metric !== null));

function lossOf(trial: TrialEnded, { name, goal }: Objective, single: boolean): number {
  const reported = Object.hasOwn(trial.metrics, name) ? trial.metrics[name] : undefined;
  const value = Number((single ? trial.objective : undefined) ?? reported ?? NaN); // a text where JSON has no number: "-0"
  if (!Number.isFinite(value)) return Infinity;
  return goal === 'maximize' ? -value : value;
}
