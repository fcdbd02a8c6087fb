/** What two published forms of the estimator do differently; everything else is common to them. */

export interface Settings {
  /** Part of the observations that is good, rounded up. */
  readonly goodPart: number;
  /** `improvement`: good ones by how far they are ahead of the rest, the rest alike. `age`: all by `weightsByAge`. */
  readonly weights: 'improvement' | 'age';
  readonly widths: Widths;
}

/** A kernel on an ordered axis is as wide as the larger gap to its neighbours. */
export interface Widths {
  /** The prior's kernel and the ends of the axis count as neighbours. If not: the ends do so for a single observation. */
  readonly prior: boolean;
  /** Narrowest kernel, as a part of the axis. @param count of kernels, the prior's included. */
  least(count: number): number;
}

export const SETTINGS = {
  /** As Watanabe recommends (arXiv 2304.11127, section 3.3); neighbours as in hyperopt. */
  watanabe: { goodPart: 0.15, weights: 'improvement', widths: { prior: true, least: () => 0.03 } },
  /** As Optuna 5 has it by default. */
  optuna: {
    goodPart: 0.1,
    weights: 'age',
    widths: { prior: false, least: (count) => 1 / Math.min(100, 1 + count) },
  },
} as const satisfies Readonly<Record<string, Settings>>;

/** So many of the newest observations weigh 1, as the prior does. */
const FRESH = 25;

/** Weights of observations, the oldest first: from 1/`count` evenly up to 1, then the newest with 1 each. */
export function weightsByAge(count: number): readonly number[] {
  const old = count - FRESH;
  return Array.from({ length: count }, (_, index) =>
    index < old ? 1 / count + ((1 - 1 / count) * index) / Math.max(1, old - 1) : 1,
  );
}
