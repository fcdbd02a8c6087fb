import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extend, invert, rowAt, solveLower, solveUpper } from '../../../../activities/samplers/gp/cholesky.ts';
import { costOf } from '../../../../activities/samplers/gp/fit.ts';
import { metricsOf } from '../../../../activities/samplers/gp/kernel.ts';
import { logEi } from '../../../../activities/samplers/gp/log-ei.ts';
import { minimise } from '../../../../activities/samplers/gp/minimise.ts';
import { objectivesOf } from '../../../../activities/samplers/gp/objectives.ts';
import { createPosterior, type Outcome, type Prediction } from '../../../../activities/samplers/gp/posterior.ts';
import { BENDS, warp } from '../../../../activities/samplers/gp/warp.ts';
import { encodeSpace, type Point } from '../../../../activities/samplers/encoded-space.ts';
import { generator } from '../../../../activities/samplers/generator.ts';
import { priorPoint } from '../../../../activities/samplers/prior-point.ts';

const mixed = encodeSpace({
  a: { distribution: 'uniform', min: 0, max: 1 },
  b: { distribution: 'int_uniform', min: 1, max: 9 },
  c: { distribution: 'categorical', values: ['a', 'b', 'c'] },
});
const metrics = metricsOf(mixed);
const pointsOf = (count: number, seed: number): Point[] => {
  const random = generator('test', seed);
  return Array.from({ length: count }, () => priorPoint(mixed, random));
};
const heights = (points: readonly Point[]): Float64Array =>
  Float64Array.from(points, ([x, n, kind]) => Math.sin(5 * x!) + n! * n! - 0.4 * kind!);

describe('linear algebra', () => {
  const n = 13;
  const random = generator('matrix', 1);
  const g = Array.from({ length: n }, () => Array.from({ length: n }, random));
  const full = g.map((row, i) => g.map((other, j) => row.reduce((s, a, k) => s + a * other[k]!, i === j ? 0.1 : 0)));
  const packed = Float64Array.from(full.flatMap((row, i) => row.slice(0, i + 1)));
  const factor = Float64Array.from(packed);
  for (let i = 0; i < n; i++) extend(factor, i, 1e-12);

  test('the factor times its transpose is the matrix', () => {
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k <= j; k++) sum += factor[rowAt(i) + k]! * factor[rowAt(j) + k]!;
        expect(sum).toBeCloseTo(full[i]![j]!, 11);
      }
  });

  test('solves and inverse agree with the matrix', () => {
    const b = Float64Array.from({ length: n }, random);
    const x = Float64Array.from(b);
    solveLower(factor, n, x);
    solveUpper(factor, n, x);
    const inverse = invert(factor, n);
    for (let i = 0; i < n; i++) {
      expect(full[i]!.reduce((sum, a, k) => sum + a * x[k]!, 0)).toBeCloseTo(b[i]!, 10);
      const entry = (k: number): number => (k <= i ? inverse[rowAt(i) + k]! : inverse[rowAt(k) + i]!);
      expect(b.reduce((sum, value, k) => sum + entry(k) * value, 0)).toBeCloseTo(x[i]!, 10);
    }
  });
});

test('the minimiser ends at the corner of a bent valley, or at the bounds that cut it off', () => {
  const rosenbrock = (x: Float64Array, slopes: Float64Array): number => {
    const [a, b] = [x[0]!, x[1]!];
    slopes.set([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)]);
    return 100 * (b - a * a) ** 2 + (1 - a) ** 2;
  };
  const box = (most: number) => ({ low: Float64Array.of(-2, -2), high: Float64Array.of(most, 2) });
  const enough = { turns: 200, slope: 1e-8, gain: 0 };
  const free = minimise(rosenbrock, Float64Array.of(-1.2, 1), box(2), enough);
  expect(free.x[0]).toBeCloseTo(1, 5);
  expect(free.x[1]).toBeCloseTo(1, 5);
  const bound = minimise(rosenbrock, Float64Array.of(-1.2, 1), box(0.5), enough);
  expect(bound.x[0]).toBe(0.5);
  expect(bound.x[1]).toBeCloseTo(0.25, 5);
});

describe('the posterior', () => {
  const hyperparameters = { weights: Float64Array.of(3, 2, 0.5), signal: 1.5, noise: 1e-6 };
  const points = pointsOf(20, 2);
  const targets = heights(points);
  const posterior = createPosterior(metrics, hyperparameters);
  for (const point of points) posterior.add(point);
  posterior.observe(targets);

  test('passes through its observations, where it is sure of itself, and is not elsewhere', () => {
    for (const [index, point] of points.entries()) {
      const { means, deviation } = posterior.predict(point);
      expect(means[0]).toBeCloseTo(targets[index]!, 3);
      expect(deviation).toBeLessThan(2e-3);
    }
    expect(posterior.predict(Float64Array.of(0.5, 0.5, 1)).deviation).toBeGreaterThan(0.01);
  });

  /** Any smooth function of means and deviation. */
  const outcome = ({ means, deviation }: Prediction): Outcome => ({
    value: means.reduce((sum, mean, draw) => sum + (draw + 1) * mean, 0) + deviation * deviation,
    byMeans: means.map((_, draw) => draw + 1),
    byDeviation: 2 * deviation,
  });
  const expectDerivatives = (): void => {
    const slope = new Float64Array(1);
    for (const point of pointsOf(10, 3)) {
      const value = posterior.differentiate(point, [0], outcome, slope);
      const [above, below] = [1e-5, -1e-5].map((by) => outcome(posterior.predict(point.with(0, point[0]! + by))).value);
      expect(value).toBe(outcome(posterior.predict(point)).value);
      expect(slope[0]).toBeCloseTo((above! - below!) / 2e-5, 4);
    }
  };

  test('its derivatives are those of finite differences', expectDerivatives);

  test('imagined values are passed through, one mean per draw, until they are forgotten', () => {
    const places = pointsOf(3, 5);
    const before = Float64Array.from(places, (place) => posterior.predict(place).means[0]!);
    for (const place of places) posterior.add(place);
    const values = posterior.imagine([Float64Array.of(1, -1, 0.5), Float64Array.of(0, 0, 0)]);
    for (const [index, place] of places.entries()) {
      const { means, deviation } = posterior.predict(place);
      for (const draw of [0, 1]) expect(means[draw]).toBeCloseTo(values[draw]![index]!, 3);
      expect(deviation).toBeLessThan(2e-3);
      expect(values[1]![index]).toBeCloseTo(before[index]!, 10); // nothing drawn: as expected
    }
    expect(values[0]![0]).toBeGreaterThan(before[0]!);
    expectDerivatives();
    posterior.truncate(points.length);
    posterior.observe(targets);
    expect(Float64Array.from(places, (place) => posterior.predict(place).means[0]!)).toEqual(before);
  });
});

test('the gradient of the hyperparameters is that of finite differences', () => {
  const points = pointsOf(15, 4);
  const cost = costOf(points, heights(points), metrics);
  for (const logs of [
    [0, 0, 0, 0, -3],
    [2, -1, 1, 0.7, -7],
    [-3, 3, 0, -1, -0.5],
  ]) {
    const gradient = new Float64Array(5);
    const at = Float64Array.from(logs);
    cost(at, gradient);
    for (const [index, slope] of gradient.entries()) {
      const [above, below] = [1e-5, -1e-5].map((by) => cost(at.with(index, at[index]! + by), new Float64Array(5)));
      expect((above! - below!) / 2e-5 / Math.max(1, Math.abs(slope))).toBeCloseTo(
        slope / Math.max(1, Math.abs(slope)),
        5,
      );
    }
  }
});

describe('the logarithm of expected improvement', () => {
  /** z, ln(φ + zΦ), −Φ / (φ + zΦ), φ / (φ + zΦ), with mpmath at 60 digits. */
  const exact: readonly (readonly [number, number, number, number])[] = [
    [8, 2.0794415416798357, -0.12499999999999992, 6.315338854421115e-16],
    [3, 1.0987396653277077, -0.3328409684517952, 0.0014770946446142933],
    [0, -0.9189385332046728, -1.2533141373155003, 1],
    [-1, -2.4851210257126413, -1.9042712333296918, 2.9042712333296916],
    [-4.99, -16.690729996795877, -5.3524172382768835, 27.70856201900165],
    [-5.01, -16.797966327739523, -5.371217079666808, 27.90979756913071],
    [-12, -77.90910054500735, -12.16335257158574, 146.96023085902888],
    [-40, -808.29856835662, -40.04990665764852, 1602.9962663059407],
    [-1000, -500014.73445209116, -1000.001999994, 1000002.9999940001],
    [-1e6, -500000000028.55, -1000000.000002, 1000000000003],
  ];

  test.each(exact)('z = %d', (z, value, byMean, byDeviation) => {
    const close = (one: number, other: number): void => expect(Math.abs(one / other - 1)).toBeLessThan(1e-10);
    const at = logEi(1 - z, 1, 1);
    close(at.value, value);
    close(at.byMean, byMean);
    close(at.byDeviation, byDeviation);
    // Twice the deviation and the distance: as likely, and worth twice as much.
    expect(logEi(-2 * z, 2, 0).value).toBeCloseTo(value + Math.LN2, 8);
  });
});

describe('objectives', () => {
  test('keep their order under every bend, and their best apart', () => {
    const bends = fc.constantFrom(...BENDS);
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
        bends,
        (values, bend) => {
          const { targets, cost } = warp(values, bend);
          expect([...targets, cost].every(Number.isFinite)).toBe(true);
          const order = [...values.keys()].sort((one, other) => values[one]! - values[other]!);
          for (const [place, index] of order.slice(1).entries())
            expect(targets[index]).toBeGreaterThanOrEqual(targets[order[place]!]!);
        },
      ),
    );
  });

  test('infinite ones count as the worst finite one', () => {
    const { targets } = warp([3, Infinity, 1, 2], 3);
    expect(targets[1]).toBe(targets[0]);
    expect(Math.max(...targets)).toBe(targets[0]);
  });

  test('a pruned trial is no better than the median of the complete ones, a failed one is infinitely bad', () => {
    const point = new Float64Array(0);
    const ended = (state: 'complete' | 'pruned' | 'failed', ...values: number[]) => ({
      number: 1,
      point,
      state,
      values,
      step: 1,
    });
    const observations = [
      ended('complete', 1),
      ended('complete', 2),
      ended('complete', 3),
      ended('pruned', 0.5),
      ended('pruned', 9),
      ended('failed'),
    ];
    expect(objectivesOf(observations)).toEqual([1, 2, 3, 2, 9, Infinity]);
  });
});
