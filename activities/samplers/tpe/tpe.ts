/**
 * The tree-structured Parzen estimator: the best part, at most 25, against the rest; joint kernels. Settings are Watanabe's
 * unless Optuna's are asked for: see settings.ts.
 *
 * Trials under way count among the rest (constant liar), so that parallel proposals keep apart. Pruned trials rank behind all
 * complete ones, the one that came further first; failed ones come last. Several objectives: by Pareto front, see several.ts.
 */
import { generator } from '../generator.ts';
import type { CreateModel, Observation } from '../model.ts';
import { priorPoint } from '../prior-point.ts';
import { createMixture } from './mixture.ts';
import { insertRanked } from '../ranked.ts';
import { SETTINGS, weightsByAge } from './settings.ts';
import { hypervolumeGains, insertByFronts, REORDERED } from './several.ts';

/** Proposals from the prior before the estimators have anything to say. */
const START_UP = 10;
const CANDIDATES = 24;
const MOST_GOOD = 25;

export const createTpe: CreateModel = (
  space,
  { seed, objectives, startup = START_UP, candidates: compared = CANDIDATES, settings = 'watanabe' },
) => {
  const ranked: Observation[] = [];
  /** In the order in which they were told. */
  const told: number[] = [];
  const { goodPart, weights: weightsBy, widths } = SETTINGS[settings];
  const good = createMixture(space, widths);
  const rest = createMixture(space, widths);
  const several = objectives > 1;
  let goodOnes = 0;

  /** Moves the border: at most a few observations change sides per tell. */
  function divide(): void {
    goodOnes = Math.min(Math.ceil(goodPart * ranked.length), MOST_GOOD);
    const best = new Set(ranked.slice(0, goodOnes).map(({ number }) => number));
    // Whatever crosses the border stands next to it, or is new; or was ordered anew.
    for (const { number, point } of ranked.slice(0, several ? REORDERED + 1 : goodOnes + 2)) {
      const [into, from] = best.has(number) ? [good, rest] : [rest, good];
      if (from.has(number)) from.remove(number);
      if (!into.has(number)) into.add(number, point);
    }
  }

  function weighGood(): void {
    if (weightsBy === 'age' && !several) return; // so few are all new
    const best = ranked.slice(0, goodOnes);
    const border = ranked[goodOnes]?.values[0] ?? Infinity;
    const gains = several ? hypervolumeGains(best, ranked) : best.map(({ values }) => border - (values[0] ?? border));
    if (!gains.every(Number.isFinite)) return; // nothing comparable behind the border: all alike
    const weights = new Map(best.map(({ number }, index) => [number, Math.max(1e-12, gains[index]!)]));
    const mean = [...weights.values()].reduce((sum, weight) => sum + weight, 0) / weights.size;
    good.weigh((number) => weights.get(number)!, mean);
  }

  /** @param underWay ids of trials that have not ended: the newest. */
  function weighRest(underWay: readonly number[]): void {
    if (weightsBy !== 'age') return;
    const byAge = [...told.filter((number) => rest.has(number)), ...underWay];
    const byPlace = weightsByAge(byAge.length);
    const weights = new Map(byAge.map((id, place) => [id, byPlace[place]!]));
    rest.weigh((id) => weights.get(id)!, 1);
  }

  return {
    tell(observation) {
      told.push(observation.number);
      const place = several ? insertByFronts(observation, ranked) : insertRanked(observation, ranked);
      if (place > (several ? REORDERED : goodOnes + 1)) rest.add(observation.number, observation.point);
      divide();
    },
    ask(number, pending) {
      const random = generator('tpe', seed, number);
      if (ranked.length < startup) return priorPoint(space, random);
      weighGood();
      const underWay = pending.map((_, index) => -2 - index);
      for (const [index, id] of underWay.entries()) rest.add(id, pending[index]!);
      try {
        weighRest(underWay);
        const candidates = Array.from({ length: compared }, () => good.draw(random));
        const [likely, unlikely] = [good.logDensities(candidates), rest.logDensities(candidates)];
        const gains = likely.map((density, index) => density - unlikely[index]!);
        return candidates[gains.indexOf(Math.max(...gains))]!;
      } finally {
        for (const id of underWay) rest.remove(id);
      }
    },
  };
};
