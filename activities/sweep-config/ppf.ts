/** u in [0, 1) to a value: the quantile function of every distribution, as W&B computes it. */
import type { Json } from '../../workflows/messages.ts';
import { betaQuantile } from './beta.ts';
import { normalQuantile } from './normal-quantile.ts';
import type { Distribution } from './resolved-sweep.ts';

/** At the very ends W&B's own functions leave the space (below `min`, the wrong category). */
const LEAST = 2 ** -53;

export function ppf(distribution: Distribution, uniform: number): Json {
  const u = Math.min(Math.max(uniform, LEAST), 1 - LEAST);
  switch (distribution.distribution) {
    case 'constant':
      return distribution.value;
    case 'categorical': {
      const { values } = distribution;
      return values[Math.ceil(u * values.length) - 1]!;
    }
    case 'categorical_w_probabilities':
      return distribution.values[weighted(distribution.probabilities, u)]!;
    case 'int_uniform': {
      const { min, max } = distribution;
      return Math.min(max, Math.max(min, Math.ceil(u * (max - min + 1)) + min - 1));
    }
    case 'uniform':
      return linear(distribution, u);
    case 'q_uniform':
      return quantised(linear(distribution, u), distribution);
    case 'log_uniform_values':
    case 'inv_log_uniform_values': // log(1/x) uniform is log(x) uniform.
      return Math.min(distribution.max, Math.max(distribution.min, logarithmic(distribution, u)));
    case 'q_log_uniform_values':
      return quantised(logarithmic(distribution, u), distribution);
    case 'normal':
      return bell(distribution, u);
    case 'q_normal':
      return quantised(bell(distribution, u), distribution);
    case 'log_normal':
      return finite(Math.exp(bell(distribution, u)));
    case 'q_log_normal':
      return quantised(finite(Math.exp(bell(distribution, u))), distribution);
    case 'beta':
      return betaQuantile(u, distribution.a, distribution.b);
    case 'q_beta':
      return quantised(betaQuantile(u, distribution.a, distribution.b), distribution);
  }
}

interface Range {
  readonly min: number;
  readonly max: number;
}

const linear = ({ min, max }: Range, u: number): number => Math.min(max, min + u * (max - min));

function logarithmic({ min, max }: Range, u: number): number {
  const [low, high] = [Math.log(min), Math.log(max)];
  return Math.exp(low + u * (high - low));
}

const bell = ({ mu, sigma }: { readonly mu: number; readonly sigma: number }, u: number): number =>
  mu + sigma * normalQuantile(u);

/** Not clipped: W&B's quantised values may leave [min, max] by half a step. Never -0. */
function quantised(value: number, { q }: { readonly q: number }): number {
  return halfToEven(value / q) * q + 0;
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** JSON has no infinities; a log-normal with a huge sigma may overflow. */
const finite = (value: number): number => Math.min(value, Number.MAX_VALUE);

function weighted(probabilities: readonly number[], u: number): number {
  let sum = 0;
  for (const [index, probability] of probabilities.entries()) {
    sum += probability;
    if (u < sum) return index;
  }
  // The probabilities may add up to a little less than 1: the last one that is possible at all.
  return probabilities.findLastIndex((probability) => probability > 0);
}
