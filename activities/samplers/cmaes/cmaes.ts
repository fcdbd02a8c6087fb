/**
 * CMA-ES: a normal distribution over the unit cube that moves and turns with its best samples. For many trials, continuous
 * parameters that depend on one another, and one objective: the first counts.
 *
 * Nobody waits: whatever is asked is drawn from the distribution as it is. It follows whenever so many trials as a generation
 * has were told, whoever proposed them and from however old a distribution. Failed trials and infinite objectives are never
 * among the best; pruned ones rank behind complete ones, the one that came further first. When it has converged, it begins anew
 * elsewhere.
 */
import { normalQuantile } from '../../sweep-config/normal-quantile.ts';
import type { Point } from '../encoded-space.ts';
import { generator } from '../generator.ts';
import type { CreateModel, Observation } from '../model.ts';
import { insertRanked } from '../ranked.ts';
import { createUnseen } from '../unseen.ts';
import { startAt, type Distribution } from './distribution.ts';
import { latentOf } from './latent.ts';

/** Standard deviation at the start, as Optuna has it: the walls are three of them away. Twice that measured worse. */
const WIDTH = 1 / 6;

export const createCmaes: CreateModel = (space, { seed, population }) => {
  const latent = latentOf(space);
  const size = population ?? 4 + Math.floor(3 * Math.log(Math.max(1, latent.dimensions)));
  const unseen = createUnseen(space);
  let starts = 0;
  let distribution = start();
  /** Of this generation, the best first. */
  let generation: Observation[] = [];

  /** First in the middle, then anywhere. */
  function start(): Distribution {
    const random = generator('cmaes', seed, 'start', starts++);
    const mean = Float64Array.from({ length: latent.dimensions }, () => (starts === 1 ? 0.5 : random()));
    return startAt(mean, WIDTH, size);
  }

  function learn(): void {
    const best = generation.slice(0, Math.floor(size / 2)).filter(({ state, values }) => {
      return state !== 'failed' && Number.isFinite(values[0]);
    });
    const samples = best.map(({ number, point }) => latent.latentOf(point, generator('cmaes', seed, 'told', number)));
    distribution = distribution.follow(samples);
    if (distribution.converged) distribution = start();
  }

  function propose(number: number): Point {
    const random = generator('cmaes', seed, number);
    const normals = Float64Array.from({ length: latent.dimensions }, () =>
      normalQuantile(Math.max(2 ** -53, random())),
    );
    return latent.pointOf(distribution.sample(normals));
  }

  return {
    tell(observation) {
      unseen.add(observation.point);
      insertRanked(observation, generation);
      if (generation.length < size) return;
      learn();
      generation = [];
    },
    ask: (number, pending) => unseen.apartFrom(pending, () => propose(number)),
  };
};
