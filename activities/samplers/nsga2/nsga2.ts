/**
 * NSGA-II (Deb et al. 2002) without generations: every proposal is a child of the best trials that are complete by then, so
 * that no trial waits for another. Parents are kept by front and crowding, and mate by tournament.
 *
 * Failed and pruned trials, and those with an infinite objective, are no parents. Nothing is proposed twice: in a finite space
 * the nearest unseen point takes the place of a known child, elsewhere it is bred again.
 */
import type { Point } from '../encoded-space.ts';
import { generator, type Generator } from '../generator.ts';
import type { CreateModel, Observation } from '../model.ts';
import { bestFirst } from '../pareto.ts';
import { priorPoint } from '../prior-point.ts';
import { createUnseen } from '../unseen.ts';
import { childOf } from './variation.ts';

const POPULATION = 50;
/** Children bred before a known one is taken. */
const LITTERS = 10;

export const createNsga2: CreateModel = (space, { seed, population }) => {
  const most = population ?? POPULATION;
  const unseen = createUnseen(space);
  let told = 0;
  /** The best first. */
  let parents: readonly Observation[] = [];

  /** The better of two: the earlier one. */
  function tournament(random: Generator): Point {
    const [one, other] = [Math.floor(random() * parents.length), Math.floor(random() * parents.length)];
    return parents[Math.min(one, other)]!.point;
  }

  function propose(number: number): Point {
    const random = generator('nsga2', seed, number);
    if (told < most || parents.length < 2) return priorPoint(space, random);
    let child: Point;
    let litters = 0;
    do child = childOf(space, [tournament(random), tournament(random)], random);
    while (unseen.has(child) && ++litters < LITTERS);
    return child;
  }

  return {
    tell(observation) {
      told++;
      unseen.add(observation.point);
      if (observation.state !== 'complete' || !observation.values.every(Number.isFinite)) return;
      const candidates = [...parents, observation];
      const order = bestFirst(candidates.map(({ values }) => values));
      parents = order.slice(0, most).map((index) => candidates[index]!);
    },
    ask: (number, pending) => unseen.apartFrom(pending, () => propose(number)),
  };
};
