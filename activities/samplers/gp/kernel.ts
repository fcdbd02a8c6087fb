/**
 * Matérn-5/2 with a length scale per axis: samples are smooth, but not so smooth that one bump rules the whole cube. Real axes
 * and steps count by their distance, choices by whether they differ.
 */
import type { EncodedSpace } from '../encoded-space.ts';

/** θ: 1 / (length scale)², one per axis. */
export interface Hyperparameters {
  readonly weights: Float64Array;
  /** Variance of the function. */
  readonly signal: number;
  /** Variance of what is added to every observation. */
  readonly noise: number;
}

/** Adds the weighted squared distances on one axis, from `u` to each of the first coordinates in a column, to `sums`. */
export type Metric = (u: number, column: Float64Array, weight: number, sums: Float64Array, count: number) => void;

export const metricsOf = (space: EncodedSpace): readonly Metric[] =>
  space.axes.map(({ kind }) => (kind === 'choice' ? different : squared));

const different: Metric = (u, column, weight, sums, count) => {
  for (let i = 0; i < count; i++) if (column[i] !== u) sums[i]! += weight;
};

const squared: Metric = (u, column, weight, sums, count) => {
  for (let i = 0; i < count; i++) {
    const distance = u - column[i]!;
    sums[i]! += weight * distance * distance;
  }
};

const SQRT5 = Math.sqrt(5);

/** @param square weighted squared distance. */
export function matern(square: number): number {
  const r = SQRT5 * Math.sqrt(square);
  return (1 + r + (r * r) / 3) * Math.exp(-r);
}

/** Its derivative by the squared distance, which is finite at 0. */
export function maternSlope(square: number): number {
  const r = SQRT5 * Math.sqrt(square);
  return (-5 / 6) * (1 + r) * Math.exp(-r);
}
