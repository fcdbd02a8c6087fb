/** The most probable hyperparameters of the Gaussian process, given its observations and weak priors. */
import type { Point } from '../encoded-space.ts';
import { dot, extend, invert, LEAST_PIVOT, rowAt, solveLower, solveUpper } from './cholesky.ts';
import { matern, maternSlope, type Hyperparameters, type Metric } from './kernel.ts';
import { minimise, type Differentiable } from './minimise.ts';

/** Least variance of noise: below it, equal points make the matrix singular. */
const LEAST_NOISE = 1e-6;

/** Logarithms of all hyperparameters: the weights, the signal, the noise. */
const pack = ({ weights, signal, noise }: Hyperparameters): Float64Array =>
  Float64Array.of(...weights, signal, noise).map(Math.log);

function unpack(logs: Float64Array): Hyperparameters {
  const all = logs.map(Math.exp);
  const axes = all.length - 2;
  return { weights: all.slice(0, axes), signal: all[axes]!, noise: all[axes + 1]! };
}

export const initial = (axes: number): Hyperparameters => ({
  weights: new Float64Array(axes).fill(1),
  signal: 1,
  noise: 1e-3,
});

/** @param targets one per point, standardised. @param starts where to begin; the best end counts. @param turns most steps from each. */
export function fit(
  points: readonly Point[],
  targets: Float64Array,
  metrics: readonly Metric[],
  starts: readonly Hyperparameters[],
  turns: number,
): Hyperparameters {
  const cost = costOf(points, targets, metrics);
  const size = metrics.length + 2;
  const low = new Float64Array(size).fill(Math.log(1e-4));
  const high = new Float64Array(size).fill(Math.log(1e4));
  low[size - 1] = Math.log(LEAST_NOISE);
  high[size - 1] = 0;
  const ends = starts.map((start) => minimise(cost, pack(start), { low, high }, { turns, slope: 1e-2, gain: 1e-3 }));
  return unpack(ends.reduce((best, end) => (end.value < best.value ? end : best)).x);
}

/** Minus the logarithm of the posterior density, as a function of the logarithms of the hyperparameters. */
export function costOf(points: readonly Point[], targets: Float64Array, metrics: readonly Metric[]): Differentiable {
  const n = points.length;
  const squares = metrics.map((metric, axis) => squaresOf(points, axis, metric));
  const distances = new Float64Array(rowAt(n));
  const correlations = new Float64Array(rowAt(n));
  const rows = new Float64Array(rowAt(n));
  const alpha = new Float64Array(n);

  return (logs, gradient) => {
    const { weights, signal, noise } = unpack(logs);
    distances.fill(0);
    for (const [axis, square] of squares.entries()) {
      const weight = weights[axis]!;
      for (let k = 0; k < square.length; k++) distances[k]! += weight * square[k]!;
    }
    for (let k = 0; k < rows.length; k++) rows[k] = signal * (correlations[k] = matern(distances[k]!));
    for (let i = 0; i < n; i++) rows[rowAt(i) + i]! += noise;
    for (let i = 0; i < n; i++) extend(rows, i, noise * LEAST_PIVOT);
    alpha.set(targets);
    solveLower(rows, n, alpha);
    let cost = 0.5 * dot(alpha, 0, alpha, 0, n);
    for (let i = 0; i < n; i++) cost += Math.log(rows[rowAt(i) + i]!);
    solveUpper(rows, n, alpha);

    // d cost / d A is half of A⁻¹ − α αᵀ.
    const inverse = invert(rows, n);
    const bySlope = inverse;
    let [bySignal, byNoise] = [0, 0];
    for (let i = 0; i < n; i++) {
      const at = rowAt(i);
      for (let j = 0; j < i; j++) {
        const whole = inverse[at + j]! - alpha[i]! * alpha[j]!; // both halves of the matrix
        bySignal += whole * correlations[at + j]!;
        bySlope[at + j] = whole * signal * maternSlope(distances[at + j]!);
      }
      const half = 0.5 * (inverse[at + i]! - alpha[i]! * alpha[i]!);
      bySignal += half;
      byNoise += half;
      bySlope[at + i] = 0;
    }
    for (const [axis, square] of squares.entries()) {
      const weight = weights[axis]!;
      gradient[axis] = weight * dot(bySlope, 0, square, 0, square.length) + 0.1 * weight - 0.1 / weight;
      cost += 0.1 / weight + 0.1 * weight; // neither flat nor noise
    }
    const axes = squares.length;
    gradient[axes] = signal * bySignal + signal - 1;
    cost += signal - Math.log(signal); // Gamma(2, 1)
    gradient[axes + 1] = noise * byNoise + 30 * noise - 0.1;
    cost += 30 * noise - 0.1 * Math.log(noise); // Gamma(1.1, rate 30)
    return cost;
  };
}

function squaresOf(points: readonly Point[], axis: number, metric: Metric): Float64Array {
  const column = Float64Array.from(points, (point) => point[axis]!);
  const squares = new Float64Array(rowAt(points.length));
  for (const [i, u] of column.entries()) metric(u, column, 1, squares.subarray(rowAt(i)), i + 1);
  return squares;
}
