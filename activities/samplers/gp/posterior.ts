/**
 * What the Gaussian process knows: mean and standard deviation of the function anywhere, and how they change on real axes.
 *
 * Values that are not known yet can be imagined: there is then one mean for each draw of them, and still one deviation, since
 * that depends on places alone.
 */
import type { Point } from '../encoded-space.ts';
import { grown } from '../tpe/columns.ts';
import { dot, extend, LEAST_PIVOT, rowAt, solveLower, solveUpper } from './cholesky.ts';
import { matern, maternSlope, type Hyperparameters, type Metric } from './kernel.ts';

export interface Prediction {
  /** One per draw, or a single one. Overwritten by the next prediction. */
  readonly means: Float64Array;
  readonly deviation: number;
}

/** A function of a prediction, with its partial derivatives. */
export interface Outcome {
  readonly value: number;
  readonly byMeans: Float64Array;
  readonly byDeviation: number;
}

export interface Posterior {
  readonly size: number;
  /** One more place: the factor grows by a row. */
  add(point: Point): void;
  /** Forgets all places but the first. */
  truncate(size: number): void;
  /** Values at all places. */
  observe(targets: Float64Array): void;
  /**
   * Joint draws of the values at the places added since.
   * @param draws each: a standard normal number per place. @returns the values drawn.
   */
  imagine(draws: readonly Float64Array[]): Float64Array[];
  /** Half of tᵀ A⁻¹ t: how badly targets at all places fit. */
  misfit(targets: Float64Array): number;
  predict(point: Point): Prediction;
  /** The outcome's value, and its derivatives by the given coordinates, in their order. */
  differentiate(
    point: Point,
    axes: readonly number[],
    outcome: (prediction: Prediction) => Outcome,
    gradient: Float64Array,
  ): number;
}

export function createPosterior(metrics: readonly Metric[], { weights, signal, noise }: Hyperparameters): Posterior {
  const columns = metrics.map((): Float64Array => new Float64Array(64));
  let rows: Float64Array = new Float64Array(rowAt(64));
  let alphas: Float64Array[] = [];
  let means: Float64Array = new Float64Array(1);
  /** L⁻¹ times the targets. */
  let halfSolved: Float64Array = new Float64Array(0);
  let size = 0;
  // Of the point that was measured last:
  let covariances: Float64Array = new Float64Array(64);
  let distances: Float64Array = new Float64Array(64);
  let solved: Float64Array = new Float64Array(64);

  function measure(point: Point): void {
    distances.fill(0, 0, size);
    for (const [axis, metric] of metrics.entries())
      metric(point[axis]!, columns[axis]!, weights[axis]!, distances, size);
    for (let i = 0; i < size; i++) covariances[i] = signal * matern(distances[i]!);
  }

  function predict(point: Point): Prediction {
    measure(point);
    for (const [draw, alpha] of alphas.entries()) means[draw] = dot(alpha, 0, covariances, 0, alpha.length);
    solved.set(covariances.subarray(0, size));
    solveLower(rows, size, solved);
    const variance = signal - dot(solved, 0, solved, 0, size);
    return { means, deviation: Math.sqrt(Math.max(variance, signal * 1e-12)) };
  }

  return {
    get size() {
      return size;
    },
    add(point) {
      rows = grown(rows, rowAt(size + 1));
      covariances = grown(covariances, size + 1);
      distances = grown(distances, size + 1);
      solved = grown(solved, size + 1);
      measure(point);
      rows.set(covariances.subarray(0, size), rowAt(size));
      rows[rowAt(size) + size] = signal + noise;
      extend(rows, size, noise * LEAST_PIVOT);
      for (const [axis, column] of columns.entries()) {
        columns[axis] = grown(column, size + 1);
        columns[axis][size] = point[axis]!;
      }
      size++;
    },
    truncate(to) {
      size = to;
    },
    observe(targets) {
      halfSolved = Float64Array.from(targets);
      solveLower(rows, size, halfSolved);
      alphas = [Float64Array.from(halfSolved)];
      means = new Float64Array(1);
      solveUpper(rows, size, alphas[0]!);
    },
    imagine(draws) {
      // The last rows of the factor are that of the covariance given what was observed: they solve to the draws themselves.
      alphas = draws.map((draw) => Float64Array.of(...halfSolved, ...draw));
      means = new Float64Array(draws.length);
      const values = alphas.map((alpha, draw) =>
        draws[draw]!.map((_, index) => {
          const row = halfSolved.length + index;
          return dot(rows, rowAt(row), alpha, 0, row + 1);
        }),
      );
      for (const alpha of alphas) solveUpper(rows, size, alpha);
      return values;
    },
    misfit(targets) {
      const solved = Float64Array.from(targets);
      solveLower(rows, size, solved);
      return 0.5 * dot(solved, 0, solved, 0, size);
    },
    predict,
    differentiate(point, axes, outcome, gradient) {
      const prediction = predict(point);
      const { value, byMeans, byDeviation } = outcome(prediction);
      solveUpper(rows, size, solved);
      for (let i = 0; i < size; i++) {
        let share = (-byDeviation * solved[i]!) / prediction.deviation;
        for (let draw = 0; draw < alphas.length; draw++) share += byMeans[draw]! * alphas[draw]![i]!;
        covariances[i] = 2 * share * signal * maternSlope(distances[i]!);
      }
      for (const [index, axis] of axes.entries()) {
        const [column, u] = [columns[axis]!, point[axis]!];
        let sum = 0;
        for (let i = 0; i < size; i++) sum += covariances[i]! * (u - column[i]!);
        gradient[index] = weights[axis]! * sum;
      }
      return value;
    },
  };
}
