/** The standard normal distribution function Φ, the inverse of `normalQuantile`: about 15 digits, relative ones in the tails. */

const DENSITY_AT_ZERO = 0.3989422804014327;

export const normalDensity = (x: number): number => DENSITY_AT_ZERO * Math.exp(-0.5 * x * x);

export function normalCdf(x: number): number {
  if (x >= 0) return x > 3 ? 1 - tail(x) : 0.5 + centre(x);
  return x < -3 ? tail(-x) : 0.5 - centre(-x);
}

/** Φ(x) − ½ by the series x + x³/3 + x⁵/(3·5) + …, all of whose terms are positive. */
function centre(x: number): number {
  let term = x;
  let sum = x;
  for (let odd = 3; term > sum * 1e-17; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return sum * normalDensity(x);
}

/** 1 − Φ(x) for x > 3 by Laplace's continued fraction x + 1/(x + 2/(x + 3/…)), from its far end. */
function tail(x: number): number {
  if (x > 38) return 0; // below the smallest number
  let rest = x;
  for (let level = Math.ceil(20 + 900 / (x * x)); level > 0; level--) rest = x + level / rest;
  return normalDensity(x) / rest;
}
