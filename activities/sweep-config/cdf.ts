/**
 * A value to the u that yields it: the inverse of `ppf`. A value of a discrete distribution belongs to a whole cell of u,
 * whose ends are the quantiles half a step below and above it.
 */
import type { Json } from '../../workflows/messages.ts';
import { betaCdf } from './beta.ts';
import { normalCdf } from './normal-cdf.ts';
import type { Distribution } from './resolved-sweep.ts';

export interface Cell {
  readonly low: number;
  readonly high: number;
}

/** Null for a value that the distribution does not yield: another type, a category that is not listed. */
export function cellOf(distribution: Distribution, value: Json): Cell | null {
  switch (distribution.distribution) {
    case 'constant':
      return same(distribution.value, value) ? { low: 0, high: 1 } : null;
    case 'categorical': {
      const { values } = distribution;
      const index = values.findIndex((other) => same(other, value));
      return index === -1 ? null : { low: index / values.length, high: (index + 1) / values.length };
    }
    case 'categorical_w_probabilities': {
      const { values, probabilities } = distribution;
      const index = values.findIndex((other, at) => same(other, value) && probabilities[at]! > 0);
      if (index === -1) return null;
      const low = probabilities.slice(0, index).reduce((sum, probability) => sum + probability, 0);
      return { low, high: Math.min(1, low + probabilities[index]!) };
    }
    default:
      return typeof value === 'number' && Number.isFinite(value) ? cellOfNumber(distribution, value) : null;
  }
}

type Numeric = Exclude<
  Distribution,
  { distribution: 'constant' } | { distribution: 'categorical' } | { distribution: 'categorical_w_probabilities' }
>;

function cellOfNumber(distribution: Numeric, value: number): Cell {
  switch (distribution.distribution) {
    case 'int_uniform': {
      const { min, max } = distribution;
      const count = max - min + 1;
      return { low: inside((value - min) / count), high: inside((value - min + 1) / count) };
    }
    case 'q_uniform':
    case 'q_log_uniform_values':
    case 'q_normal':
    case 'q_log_normal':
    case 'q_beta':
      return {
        low: continuous(distribution, value - distribution.q / 2),
        high: continuous(distribution, value + distribution.q / 2),
      };
    default: {
      const u = continuous(distribution, value);
      return { low: u, high: u };
    }
  }
}

/** The distribution function of what is (or would be) drawn before it is quantised. */
function continuous(distribution: Exclude<Numeric, { distribution: 'int_uniform' }>, value: number): number {
  switch (distribution.distribution) {
    case 'uniform':
    case 'q_uniform':
      return inside((value - distribution.min) / (distribution.max - distribution.min));
    case 'log_uniform_values':
    case 'inv_log_uniform_values':
    case 'q_log_uniform_values': {
      if (value <= 0) return 0;
      const [low, high] = [Math.log(distribution.min), Math.log(distribution.max)];
      return inside((Math.log(value) - low) / (high - low));
    }
    case 'normal':
    case 'q_normal':
      return bell(distribution, value);
    case 'beta':
    case 'q_beta':
      return betaCdf(inside(value), distribution.a, distribution.b);
    case 'log_normal':
    case 'q_log_normal':
      return value <= 0 ? 0 : bell(distribution, Math.log(value));
  }
}

function bell({ mu, sigma }: { readonly mu: number; readonly sigma: number }, value: number): number {
  if (sigma === 0) return value < mu ? 0 : value > mu ? 1 : 0.5;
  return normalCdf((value - mu) / sigma);
}

const inside = (u: number): number => Math.min(1, Math.max(0, u));

const same = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other);
