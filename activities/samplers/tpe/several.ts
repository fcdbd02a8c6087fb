/** The order and the weights of observations with several objectives. */
import { contributions } from '../hypervolume.ts';
import type { Observation } from '../model.ts';
import { bestFirst } from '../pareto.ts';
import { insertRanked } from '../ranked.ts';

/** So many of the best are ordered anew at every tell: more than are good before the good ones are at their most. */
export const REORDERED = 200;

const isComparable = ({ state, values }: Observation): boolean => state === 'complete' && values.every(Number.isFinite);

/**
 * Puts an observation into its place and the best in order: by front, within a front the lonelier first (crowding distance).
 * Behind them pruned ones, the one that came further first; then failed ones and those with an infinite objective.
 * @returns the place.
 */
export function insertByFronts(observation: Observation, ranked: Observation[]): number {
  if (!isComparable(observation)) return insertRanked(observation, ranked, isBefore);
  const best = ranked.slice(0, REORDERED).filter(isComparable);
  const candidates = [...best, observation];
  const order = bestFirst(candidates.map(({ values }) => values)).map((index) => candidates[index]!);
  ranked.splice(0, best.length, ...order);
  return order.indexOf(observation);
}

/** For an observation that cannot be compared. */
function isBefore(one: Observation, other: Observation): boolean {
  if (one.state !== 'pruned' || isComparable(other)) return false;
  return other.state !== 'pruned' || one.step > other.step;
}

/**
 * What each of the good ones alone adds to the hypervolume, up to a point behind the worst of all compared by a tenth of their
 * range. NaN for one that cannot be compared.
 */
export function hypervolumeGains(good: readonly Observation[], ranked: readonly Observation[]): readonly number[] {
  if (!good.every(isComparable)) return good.map(() => NaN);
  const compared = ranked.slice(0, REORDERED).filter(isComparable);
  const reference = good[0]!.values.map((_, index) => {
    const all = compared.map(({ values }) => values[index]!);
    const [least, most] = [Math.min(...all), Math.max(...all)];
    return most + (most - least) / 10;
  });
  const vectors = good.map(({ values }) => values);
  return contributions(vectors, reference);
}
