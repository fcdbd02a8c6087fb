/**
 * A Gaussian process with a Matérn-5/2 kernel, and the logarithm of expected improvement: few trials, each well chosen.
 *
 * Improvement is expected over what trials under way may end with: little is left to gain beside them, so that parallel
 * proposals keep apart.
 */
import type { Point } from '../encoded-space.ts';
import { generator } from '../generator.ts';
import type { CreateModel, Observation } from '../model.ts';
import { normalQuantile } from '../../sweep-config/normal-quantile.ts';
import { createUnseen } from '../unseen.ts';
import { createAcquisition } from './acquisition.ts';
import { startUpPoint } from './candidates.ts';
import { metricsOf } from './kernel.ts';
import { objectivesOf } from './objectives.ts';
import { createPosterior, type Posterior } from './posterior.ts';
import { relevant } from './relevant.ts';
import { createSettings, START_UP, type Settings } from './settings.ts';
import { warp } from './warp.ts';

/** Draws of the values that trials under way may end with. */
const DRAWS = 16;
/** Best points around which proposals are sought. */
const LEADERS = 3;

export const createGp: CreateModel = (space, { seed, startup = START_UP }) => {
  const metrics = metricsOf(space);
  const settingsOf = createSettings(metrics);
  const unseen = createUnseen(space);
  const maximise = createAcquisition(space, unseen);
  const observations: Observation[] = [];
  let latest: { readonly settings: Settings; readonly posterior: Posterior } | null = null;

  /** The same settings and more points: the factor grows. Otherwise it is made anew. */
  function posteriorOf(settings: Settings, points: readonly Point[]): Posterior {
    const grows = latest?.settings === settings && points.length === observations.length;
    const posterior = grows ? latest!.posterior : createPosterior(metrics, settings.hyperparameters);
    for (const point of points.slice(posterior.size)) posterior.add(point);
    latest = { settings, posterior };
    return posterior;
  }

  function propose(number: number, pending: readonly Point[]): Point {
    const random = generator('gp', seed, number);
    const known = relevant(observations);
    const objectives = objectivesOf(known);
    if (known.length < Math.max(startup, START_UP) || !objectives.some(Number.isFinite))
      return startUpPoint(space, seed, number - 1, random);

    const points = known.map(({ point }) => point);
    const settings = settingsOf(observations);
    const posterior = posteriorOf(settings, points);
    const { targets } = warp(objectives, settings.bend);
    posterior.observe(targets);
    const order = [...targets.keys()].sort((one, other) => targets[one]! - targets[other]!);
    const leaders = order.slice(0, LEADERS).map((index) => points[index]!);

    const best = targets[order[0]!]!;
    for (const point of pending) posterior.add(point);
    const draws = Array.from({ length: pending.length === 0 ? 1 : DRAWS }, () =>
      Float64Array.from(pending, () => normalQuantile(Math.max(2 ** -53, random()))),
    );
    const imagined = posterior.imagine(draws);
    const bests = Float64Array.from(imagined, (values) => Math.min(best, ...values));
    const proposal = maximise(posterior, bests, leaders, random);
    posterior.truncate(points.length);
    return proposal;
  }

  return {
    tell(observation) {
      observations.push(observation);
      unseen.add(observation.point);
    },
    ask(number, pending) {
      for (const point of pending) unseen.add(point);
      try {
        const point = propose(number, pending);
        return unseen.nearest(point) ?? point;
      } finally {
        for (const point of pending) unseen.remove(point);
      }
    },
  };
};
