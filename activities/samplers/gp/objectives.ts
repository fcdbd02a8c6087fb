/** What every trial counts as: a number to be minimised, also for those that have none. */
import type { Observation } from '../model.ts';

/**
 * A pruned trial counts as the median of the complete ones or as its last value, whichever is worse: it must not be proposed
 * again, nor look better than what was trained to the end. A failed one is infinitely bad.
 */
export function objectivesOf(observations: readonly Observation[]): number[] {
  const complete = observations
    .filter(({ state }) => state === 'complete')
    .map(({ values }) => values[0]!)
    .sort((one, other) => one - other);
  const median = complete[Math.floor(complete.length / 2)] ?? -Infinity;
  return observations.map(({ state, values }) => {
    const value = values[0] ?? Infinity;
    return state === 'pruned' ? Math.max(median, value) : value;
  });
}
