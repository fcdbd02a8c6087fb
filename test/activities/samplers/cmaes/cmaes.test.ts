import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCmaes } from '../../../../activities/samplers/cmaes/cmaes.ts';
import { eigen } from '../../../../activities/samplers/cmaes/eigen.ts';
import { latentOf } from '../../../../activities/samplers/cmaes/latent.ts';
import { encodeSpace, type Point } from '../../../../activities/samplers/encoded-space.ts';
import { generator } from '../../../../activities/samplers/generator.ts';
import { priorPoint } from '../../../../activities/samplers/prior-point.ts';
import { cube, run } from '../problems.ts';
import { spaces } from '../spaces.ts';

const sphere = (point: Point): number => point.reduce((sum, u, i) => sum + (u - 0.2 - 0.1 * i) ** 2, 0);
const corner = (point: Point): number => point.reduce((sum, u) => sum + u ** 2, 0);
/** Axes turned, lengths 1 to 100. */
function ellipsoid(point: Point): number {
  const turned = point.map((u, i) => u - 0.3 + 0.5 * (point[(i + 1) % point.length]! - 0.3));
  return turned.reduce((sum, y, i) => sum + 10 ** ((4 * i) / (point.length - 1)) * y * y, 0);
}

describe.each([1, 2, 3])('CMA-ES finds the minimum, seed %i:', (seed) => {
  test.each<[string, (point: Point) => number, number, number, number]>([
    ['of a sphere in 300 trials', sphere, 300, 0, 1e-3],
    ['of a sphere in 400 trials, 16 at a time', sphere, 400, 15, 1e-2],
    ['in a corner of the cube in 300 trials', corner, 300, 0, 1e-3],
    ['of a turned ellipsoid in 1,000 trials', ellipsoid, 1000, 0, 1e-2],
  ])('%s', (_, objective, count, atOnce, most) => {
    const points = run(createCmaes(cube(5), { seed, objectives: 1 }), count, (point) => [objective(point)], atOnce);
    expect(Math.min(...points.map(objective))).toBeLessThan(most);
  });

  test('among steps and choices in 400 trials', () => {
    const space = encodeSpace({
      x: { distribution: 'uniform', min: 0, max: 1 },
      width: { distribution: 'int_uniform', min: 1, max: 200 },
      kind: { distribution: 'categorical', values: ['a', 'b', 'c', 'd'] },
      depth: { distribution: 'int_uniform', min: 1, max: 8 },
    });
    const cost = (point: Point): number => {
      const { x, width, kind, depth } = space.decode(point) as {
        x: number;
        width: number;
        kind: string;
        depth: number;
      };
      return (x - 0.3) ** 2 + ((width - 137) / 100) ** 2 + (kind === 'c' ? 0 : 1) + Math.abs(depth - 3) / 3;
    };
    const points = run(createCmaes(space, { seed, objectives: 1 }), 400, (point) => [cost(point)]);
    expect(Math.min(...points.map(cost))).toBeLessThan(5e-3);
  });
});

test('having converged, it begins anew elsewhere', () => {
  const line = cube(1);
  const points = run(createCmaes(line, { seed: 1, objectives: 1 }), 1500, ([u]) => [(u! - 0.3) ** 2]);
  const late = points.slice(500);
  expect(late.some(([u]) => Math.abs(u! - 0.3) < 1e-7)).toBe(true);
  expect(late.some(([u]) => Math.abs(u! - 0.3) > 0.1)).toBe(true);
});

test('a point is the point of each of its latent vectors', () => {
  fc.assert(
    fc.property(spaces, fc.nat(), (definition, seed) => {
      const space = encodeSpace(definition);
      const latent = latentOf(space);
      const random = generator('test', seed);
      const point = priorPoint(space, random);
      const vector = latent.latentOf(point, random);
      expect(vector).toHaveLength(latent.dimensions);
      expect(space.decode(latent.pointOf(vector))).toEqual(space.decode(point));
    }),
  );
});

test('eigenvectors are orthonormal and make up the matrix', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(), (size, seed) => {
      const random = generator('test', seed);
      const matrix = Array.from({ length: size }, () => new Float64Array(size));
      for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) matrix[i]![j] = matrix[j]![i] = random() - 0.5;
      const { values, vectors } = eigen(matrix);
      const sumOver = (term: (k: number) => number): number =>
        Array.from(values.keys(), term).reduce((a, b) => a + b, 0);
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          expect(sumOver((k) => vectors[i]![k]! * values[k]! * vectors[j]![k]!)).toBeCloseTo(matrix[i]![j]!, 12);
          expect(sumOver((k) => vectors[k]![i]! * vectors[k]![j]!)).toBeCloseTo(Number(i === j), 12);
        }
    }),
  );
});
