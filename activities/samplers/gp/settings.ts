/**
 * Hyperparameters and bend, learnt from the first c observations: every c up to 30, later every twentieth part more. Each is
 * learnt from that of the milestone before, half as far again apart, so that a process that starts in the middle of a sweep
 * has the same settings after a handful of fits.
 */
import type { Observation } from '../model.ts';
import { fit, initial } from './fit.ts';
import type { Hyperparameters, Metric } from './kernel.ts';
import { objectivesOf } from './objectives.ts';
import { createPosterior } from './posterior.ts';
import { relevant } from './relevant.ts';
import { BENDS, warp } from './warp.ts';

export interface Settings {
  readonly hyperparameters: Hyperparameters;
  readonly bend: number;
}

/** Observations before anything is learnt. */
export const START_UP = 10;
const FEW = 30;
/** A milestone begins from scratch, too; what lies between is near the milestone before. */
const TURNS = 30;
const FEWER_TURNS = 10;
/** A changed bend asks for other hyperparameters, and these perhaps for another bend. */
const ROUNDS = 2;

/** The settings for a list of observations that only ever grows. */
export function createSettings(metrics: readonly Metric[]): (observations: readonly Observation[]) => Settings {
  const learnt = new Map<number, Settings>();
  const none: Settings = { hyperparameters: initial(metrics.length), bend: 0 };

  function settingsAt(observations: readonly Observation[], count: number): Settings {
    const known = learnt.get(count);
    if (known !== undefined) return known;
    const milestone = milestoneBefore(count);
    const from = milestone === null ? none : settingsAt(observations, milestone);
    const thorough = count <= FEW || isMilestone(count);
    const settings = learn(observations.slice(0, count), from, thorough);
    learnt.set(count, settings);
    return settings;
  }

  function learn(observations: readonly Observation[], from: Settings, thorough: boolean): Settings {
    const known = relevant(observations);
    const objectives = objectivesOf(known);
    if (!objectives.some(Number.isFinite)) return from;
    const points = known.map(({ point }) => point);
    let { hyperparameters, bend } = from;
    for (let round = 0; round < ROUNDS; round++) {
      const starts = thorough && round === 0 ? [hyperparameters, none.hyperparameters] : [hyperparameters];
      hyperparameters = fit(points, warp(objectives, bend).targets, metrics, starts, thorough ? TURNS : FEWER_TURNS);
      const posterior = createPosterior(metrics, hyperparameters);
      for (const point of points) posterior.add(point);
      const costs = BENDS.map((each) => {
        const { targets, cost } = warp(objectives, each);
        return cost + posterior.misfit(targets);
      });
      const better = BENDS[costs.indexOf(Math.min(...costs))]!;
      if (better === bend) break;
      bend = better;
    }
    return { hyperparameters, bend };
  }

  return (observations) => settingsAt(observations, scheduledAt(observations.length));
}

/** The last count at which settings are learnt. */
function scheduledAt(count: number): number {
  let last = Math.min(count, FEW);
  for (let next = last; next <= count; next += Math.ceil(next / 20)) last = next;
  return last;
}

const isMilestone = (count: number): boolean => Math.ceil(1.5 * (milestoneBefore(count) ?? Infinity)) === count;

function milestoneBefore(count: number): number | null {
  let last: number | null = null;
  for (let next = START_UP; next < count; next = Math.ceil(1.5 * next)) last = next;
  return last;
}
