/**
 * The logarithm of expected improvement: where improvement is all but impossible, EI is 0 in floating point and flat, its
 * logarithm is neither (Ament et al. 2023).
 */
import { normalCdf, normalDensity } from '../../sweep-config/normal-cdf.ts';
import type { Outcome, Prediction } from './posterior.ts';

const LN_SQRT_TWO_PI = 0.9189385332046727;

export interface LogEi {
  readonly value: number;
  readonly byMean: number;
  readonly byDeviation: number;
}

/** @param best what is to be undercut. */
export function logEi(mean: number, deviation: number, best: number): LogEi {
  const z = (best - mean) / deviation;
  if (z > -5) {
    const [density, below] = [normalDensity(z), normalCdf(z)];
    const gain = density + z * below;
    const [byMean, byDeviation] = [-below / gain / deviation, density / gain / deviation];
    return { value: Math.log(gain * deviation), byMean, byDeviation };
  }
  // φ(z) + z Φ(z) = φ(z) · (1 + z R), where R = Φ(z) / φ(z).
  const tail = tailOf(-z);
  const rest = tail / (tail - z); // 1 + z R, without taking the difference
  const value = -0.5 * z * z - LN_SQRT_TWO_PI + Math.log(rest) + Math.log(deviation);
  return { value, byMean: -1 / tail / deviation, byDeviation: 1 / rest / deviation };
}

/** 1/(x + 2/(x + 3/(x + …))) for x ≥ 5: R(−x) is 1/(x + this). */
function tailOf(x: number): number {
  let rest = x;
  for (let level = Math.ceil(20 + 900 / (x * x)); level > 1; level--) rest = x + level / rest;
  return 1 / rest;
}

/** The logarithm of the mean of expected improvement over draws of unknown values. @param bests one per draw. */
export function meanLogEi({ means, deviation }: Prediction, bests: Float64Array): Outcome {
  const parts = Array.from(means, (mean, draw) => logEi(mean, deviation, bests[draw]!));
  const most = parts.reduce((high, { value }) => Math.max(high, value), -Infinity);
  const shares = Float64Array.from(parts, ({ value }) => Math.exp(value - most));
  const sum = shares.reduce((one, other) => one + other, 0);
  return {
    value: most + Math.log(sum / parts.length),
    byMeans: shares.map((share, draw) => (share / sum) * parts[draw]!.byMean),
    byDeviation: parts.reduce((total, { byDeviation }, draw) => total + (shares[draw]! / sum) * byDeviation, 0),
  };
}
