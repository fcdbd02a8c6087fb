/** What every model-based sampler keeps, whatever it learns. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCmaes } from '../../../activities/samplers/cmaes/cmaes.ts';
import { encodeSpace, type EncodedSpace, type Point } from '../../../activities/samplers/encoded-space.ts';
import type { CreateModel, Observation } from '../../../activities/samplers/model.ts';
import { createNsga2 } from '../../../activities/samplers/nsga2/nsga2.ts';
import { createTpe } from '../../../activities/samplers/tpe/tpe.ts';
import { complete, cube, run } from './problems.ts';
import { spaces } from './spaces.ts';

const options = (seed: number) => ({ seed, objectives: 2, population: 6 });
const plane = cube(2);

const expectInside = (space: EncodedSpace, point: Point): void => {
  expect(point).toHaveLength(space.axes.length);
  expect(space.snap(point)).toEqual(point);
  expect(point.every(Number.isFinite)).toBe(true);
};

const bowls = ([x, y]: Point): [number, number] => [(x! - 0.3) ** 2 + y! ** 2, (x! - 0.6) ** 2 + (y! - 1) ** 2];

describe.each<[string, CreateModel]>([
  ['CMA-ES', createCmaes],
  ['NSGA-II', createNsga2],
  ['TPE with two objectives', createTpe],
])('%s', (_, create) => {
  test('proposals lie in the space, whatever the space', () => {
    fc.assert(
      fc.property(spaces, fc.nat(1000), fc.nat(3), (definition, seed, atOnce) => {
        const space = encodeSpace(definition);
        const objectives = (point: Point, number: number): number[] => [
          point.reduce((sum, u) => sum + u, 0),
          number % 3,
        ];
        for (const point of run(create(space, options(seed)), 40, objectives, atOnce)) expectInside(space, point);
      }),
      { numRuns: 30 },
    );
  });

  test('P12: the same tells give the same answer, in another process too, whatever was asked in between', () => {
    const model = create(plane, options(7));
    const points = run(model, 40, bowls);
    const again = create(plane, options(7));
    for (const [index, point] of points.entries()) again.tell(complete(index + 1, point, ...bowls(point)));
    const pending = [Float64Array.of(0.2, 0.4)];
    model.ask(99, []);
    const answer = again.ask(41, pending);
    expect(model.ask(41, pending)).toEqual(answer);
    expect(model.ask(41, pending)).toEqual(answer);
    expect(run(create(plane, options(8)), 20, bowls)).not.toEqual(points.slice(0, 20));
  });

  describe('bad data does no harm', () => {
    test.each<[string, (point: Point, number: number) => number[]]>([
      ['all infinite', () => [Infinity, Infinity]],
      ['one objective infinite', (point) => [bowls(point)[0], Infinity]],
      ['infinite for a while', (point, number) => (number < 14 ? [Infinity, Infinity] : bowls(point))],
      ['all the same', () => [1, 1]],
      ['half of them infinite', (point) => (point[0]! > 0.5 ? [Infinity, 0] : bowls(point))],
      ['huge on both sides', (point, number) => [number % 2 === 0 ? 1.7e308 : -1.7e308, 1.7e308 * point[0]!]],
      ['minus infinity', (point, number) => (number === 5 ? [-Infinity, -Infinity] : bowls(point))],
    ])('%s', (__, objectives) => {
      for (const point of run(create(plane, options(7)), 60, objectives, 2)) expectInside(plane, point);
    });

    test('failed and pruned trials', () => {
      const model = create(plane, options(7));
      for (let number = 1; number <= 60; number++) {
        const point = model.ask(number, []);
        const { state, values } = ended(number, point);
        model.tell({ number, point, state, values, step: number % 5 });
        expectInside(plane, point);
      }
    });
  });

  test('a failed trial teaches nothing good: it ranks behind all complete ones', () => {
    const without = create(plane, { ...options(7), population: 40 });
    const points = run(without, 39, bowls);
    const near = (failed: boolean): number => {
      const model = create(plane, { ...options(7), population: 40 });
      for (const [index, point] of points.entries()) model.tell(complete(index + 1, point, ...bowls(point)));
      const corner = Float64Array.of(0.99, 0.01);
      for (let number = 40; number < 80; number++)
        model.tell(
          failed
            ? { number, point: corner, state: 'failed', values: [], step: 0 }
            : complete(number, corner, -1 - number / 1e3, -1 - number / 1e3),
        );
      const asked = Array.from({ length: 20 }, (_, index) => model.ask(80 + index, []));
      return asked.filter(([x, y]) => Math.hypot(x! - 0.99, y! - 0.01) < 0.2).length;
    };
    expect(near(true)).toBeLessThan(near(false));
  });
});

test.each<[string, CreateModel]>([
  ['CMA-ES', createCmaes],
  ['NSGA-II', createNsga2],
])('%s proposes a finite space whole before anything repeats', (_, create) => {
  const space = encodeSpace({
    n: { distribution: 'int_uniform', min: 1, max: 6 },
    kind: { distribution: 'categorical', values: ['a', 'b', 'c'] },
  });
  const model = create(space, options(3));
  const points = run(model, 18, ([n, kind]) => [n! + kind!, n! * kind!], 4);
  expect(new Set(points.map((point) => point.join())).size).toBe(18);
  expectInside(space, model.ask(19, []));
});

const ended = (number: number, point: Point): Pick<Observation, 'state' | 'values'> => {
  if (number % 3 === 0) return { state: 'failed', values: [] };
  return number % 3 === 1 ? { state: 'pruned', values: bowls(point) } : { state: 'complete', values: bowls(point) };
};
