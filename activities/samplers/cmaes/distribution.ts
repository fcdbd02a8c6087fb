/**
 * The normal distribution N(mean, σ² C) and how it follows its best samples: CMA-ES with rank-one and rank-μ updates and
 * cumulative step-size adaptation, all constants as in Hansen's tutorial (arXiv 1604.00772), without negative weights.
 */
import { eigen, type Matrix } from './eigen.ts';

export interface Distribution {
  readonly mean: Float64Array;
  /** @param normals independent standard normal numbers, one per dimension. */
  sample(normals: Float64Array): Float64Array;
  /**
   * The distribution after one generation.
   * @param best at most half of it, the best first. Samples from elsewhere, too: what is far away counts as if it were nearer.
   */
  follow(best: readonly Float64Array[]): Distribution;
  /** Nothing more to be found here: narrower than any difference that matters, or too flat to compute with. */
  readonly converged: boolean;
}

interface State {
  readonly mean: Float64Array;
  readonly sigma: number;
  readonly covariance: Matrix;
  readonly sigmaPath: Float64Array;
  readonly path: Float64Array;
  readonly generation: number;
}

const NARROWEST = 1e-9;
const FLATTEST = 1e-14;

/** Equally wide on every axis. @param population samples of one generation. */
export function startAt(mean: Float64Array, sigma: number, population: number): Distribution {
  const identity = Array.from(mean, (_, row) => Float64Array.from(mean, (__, column) => Number(row === column)));
  const zeros = new Float64Array(mean.length);
  return distribution(
    { mean, sigma, covariance: identity, sigmaPath: zeros, path: zeros, generation: 0 },
    constants(mean.length, population),
  );
}

type Constants = ReturnType<typeof constants>;

function constants(d: number, population: number) {
  const raw = Array.from(
    { length: Math.floor(population / 2) },
    (_, i) => Math.log((population + 1) / 2) - Math.log(i + 1),
  );
  const mass = 1 / normalised(raw).reduce((sum, weight) => sum + weight ** 2, 0);
  const cSigma = (mass + 2) / (d + mass + 5);
  const c1 = 2 / ((d + 1.3) ** 2 + mass);
  return {
    raw,
    mass,
    cSigma,
    damping: 1 + 2 * Math.max(0, Math.sqrt((mass - 1) / (d + 1)) - 1) + cSigma,
    cPath: (4 + mass / d) / (d + 4 + (2 * mass) / d),
    c1,
    cMu: Math.min(1 - c1, (2 * (mass - 2 + 1 / mass)) / ((d + 2) ** 2 + mass)),
    /** Expected length of a standard normal vector. */
    length: Math.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d)),
    /** Beyond that, a sample was none of this distribution (Hansen 2011, injection). */
    longest: Math.sqrt(d) + (2 * d) / (d + 2),
  };
}

function distribution(state: State, known: Constants): Distribution {
  const { mean, sigma, covariance, generation } = state;
  const d = mean.length;
  const { values, vectors } = eigen(covariance);
  const deviations = values.map((value) => Math.sqrt(Math.max(value, Number.MIN_VALUE)));
  const widest = Math.max(...deviations);

  /** In axes of the ellipsoid, where the distribution is standard normal. */
  const whiten = (y: Float64Array): Float64Array =>
    deviations.map((deviation, k) => vectors.reduce((sum, row, i) => sum + row[k]! * y[i]!, 0) / deviation);
  const turnBack = (z: Float64Array): Float64Array =>
    Float64Array.from(vectors, (row) => row.reduce((sum, entry, k) => sum + entry * z[k]!, 0));

  return {
    mean,
    converged: sigma * widest < NARROWEST || Math.min(...deviations) < widest * Math.sqrt(FLATTEST),
    sample(normals) {
      const step = turnBack(normals.map((normal, k) => normal * deviations[k]!));
      return mean.map((m, i) => m + sigma * step[i]!);
    },
    follow(best) {
      if (best.length === 0) return distribution(state, known);
      const weights = normalised(known.raw.slice(0, best.length));
      const steps = best.map((sample) => {
        const y = sample.map((x, i) => (x - mean[i]!) / sigma);
        const far = Math.hypot(...whiten(y)) / known.longest;
        return far > 1 ? y.map((entry) => entry / far) : y;
      });
      const step = mean.map((_, i) => weights.reduce((sum, weight, k) => sum + weight * steps[k]![i]!, 0));

      const { cSigma, cPath, c1, cMu, mass } = known;
      const straight = turnBack(whiten(step));
      const sigmaPath = moved(state.sigmaPath, straight, cSigma, mass);
      const norm = Math.hypot(...sigmaPath);
      const usual = Math.sqrt(1 - (1 - cSigma) ** (2 * (generation + 1)));
      const steady = norm / usual < (1.4 + 2 / (d + 1)) * known.length;
      const path = moved(state.path, steady ? step : new Float64Array(d), cPath, mass);
      const kept = 1 - c1 - cMu + (steady ? 0 : c1 * cPath * (2 - cPath));
      return distribution(
        {
          mean: mean.map((m, i) => m + sigma * step[i]!),
          sigma: sigma * Math.exp(Math.min(1, (cSigma / known.damping) * (norm / known.length - 1))),
          covariance: covariance.map((row, i) =>
            row.map((entry, j) => {
              const spread = weights.reduce((sum, weight, k) => sum + weight * (steps[k]![i]! * steps[k]![j]!), 0);
              return kept * entry + c1 * (path[i]! * path[j]!) + cMu * spread;
            }),
          ),
          sigmaPath,
          path,
          generation: generation + 1,
        },
        known,
      );
    },
  };
}

/** A path forgets a part of itself and goes on by a step. */
const moved = (path: Float64Array, step: Float64Array, forgotten: number, mass: number): Float64Array =>
  path.map((entry, i) => (1 - forgotten) * entry + Math.sqrt(forgotten * (2 - forgotten) * mass) * step[i]!);

function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((one, other) => one + other, 0);
  return weights.map((weight) => weight / sum);
}
