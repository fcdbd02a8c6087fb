/** The observations that the process is made of: its time grows with the cube of their number. */
import type { Observation } from '../model.ts';
import { objectivesOf } from './objectives.ts';

const MOST = 300;

/** All of them up to 300, else the better half of so many, and of the others the newest; in the order told. */
export function relevant(observations: readonly Observation[]): readonly Observation[] {
  if (observations.length <= MOST) return observations;
  const objectives = objectivesOf(observations);
  const order = [...observations.keys()].sort((one, other) => objectives[one]! - objectives[other]! || one - other);
  const better = new Set(order.slice(0, MOST / 2));
  const newest = [...observations.keys()].filter((index) => !better.has(index)).slice(-MOST / 2);
  return [...better, ...newest].sort((one, other) => one - other).map((index) => observations[index]!);
}
