/** Observations with one objective, the best first. */
import type { Observation } from './model.ts';

const CLASS = { complete: 0, pruned: 1, failed: 2 };

/** Behind all that are not worse: ties keep the order in which trials ended. @returns the place. */
export function insertRanked(
  observation: Observation,
  ranked: Observation[],
  before: (one: Observation, other: Observation) => boolean = isBefore,
): number {
  let [low, high] = [0, ranked.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(observation, ranked[middle]!)) high = middle;
    else low = middle + 1;
  }
  ranked.splice(low, 0, observation);
  return low;
}

function isBefore(one: Observation, other: Observation): boolean {
  if (one.state !== other.state) return CLASS[one.state] < CLASS[other.state];
  if (one.state === 'pruned' && one.step !== other.step) return one.step > other.step;
  return (one.values[0] ?? Infinity) < (other.values[0] ?? Infinity);
}
