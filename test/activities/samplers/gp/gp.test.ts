import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeSpace, type EncodedSpace, type Point } from '../../../../activities/samplers/encoded-space.ts';
import { createGp } from '../../../../activities/samplers/gp/gp.ts';
import type { Model, Observation } from '../../../../activities/samplers/model.ts';
import { spaces } from '../spaces.ts';

const options = { seed: 7, objectives: 1 };
const plane = encodeSpace({
  x: { distribution: 'uniform', min: -1, max: 1 },
  y: { distribution: 'uniform', min: -1, max: 1 },
});
const bowl = ([x, y]: Point): number => (x! - 0.3) ** 2 + (y! - 0.8) ** 2;
const complete = (number: number, point: Point, value: number): Observation => ({
  number,
  point,
  state: 'complete',
  values: [value],
  step: 0,
});

/** Trials one after another. */
function run(model: Model, from: number, to: number, objective: (point: Point, number: number) => number): Point[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const number = from + index;
    const point = model.ask(number, []);
    model.tell(complete(number, point, objective(point, number)));
    return point;
  });
}

const expectInside = (space: EncodedSpace, point: Point): void => {
  expect(point).toHaveLength(space.axes.length);
  expect(space.snap(point)).toEqual(point);
  expect(space.decode(space.snap(point))).toEqual(space.decode(point));
};

describe('the Gaussian process sampler', () => {
  test('finds the bottom of a bowl in 25 trials, to 1e-4', () => {
    const points = run(createGp(plane, options), 1, 25, bowl);
    expect(Math.min(...points.map(bowl))).toBeLessThan(1e-4);
  });

  test('finds the best of steps and choices', () => {
    const space = encodeSpace({
      width: { distribution: 'int_uniform', min: 1, max: 200 },
      kind: { distribution: 'categorical', values: ['a', 'b', 'c', 'd'] },
      depth: { distribution: 'int_uniform', min: 1, max: 8 },
    });
    const cost = (point: Point): number => {
      const { width, kind, depth } = space.decode(point) as { width: number; kind: string; depth: number };
      return ((width - 137) / 50) ** 2 + (kind === 'c' ? 0 : 1) + Math.abs(depth - 3);
    };
    const points = run(createGp(space, options), 1, 40, cost);
    expect(Math.min(...points.map(cost))).toBeLessThan(0.01);
  });

  test('proposals lie in the space, whatever the space', () => {
    fc.assert(
      fc.property(spaces, fc.nat(1000), (definition, seed) => {
        const space = encodeSpace(definition);
        const model = createGp(space, { seed, objectives: 1 });
        const points = run(model, 1, 13, (point, number) => point.reduce((sum, u) => sum + u, number % 3));
        for (const point of points) expectInside(space, point);
      }),
      { numRuns: 30 },
    );
  });

  test('the same tells give the same answer, in another process too, whatever was asked in between', () => {
    const model = createGp(plane, options);
    const points = run(model, 1, 20, bowl);
    const again = createGp(plane, options);
    for (const [index, point] of points.entries()) again.tell(complete(index + 1, point, bowl(point)));
    const pending = [Float64Array.of(0.2, 0.4)];
    model.ask(99, []);
    const answer = again.ask(21, pending);
    expect(model.ask(21, pending)).toEqual(answer);
    expect(model.ask(21, pending)).toEqual(answer);
    expect(createGp(plane, { ...options, seed: 8 }).ask(1, [])).not.toEqual(createGp(plane, options).ask(1, []));
  });

  test('sixteen proposals under way keep apart', () => {
    const model = createGp(plane, options);
    run(model, 1, 15, ([x, y]) => Math.sin(12 * x!) * Math.cos(9 * y!) + x!);
    const pending: Point[] = [];
    for (let number = 16; number < 32; number++) pending.push(model.ask(number, pending));
    for (const [index, one] of pending.entries())
      for (const other of pending.slice(0, index))
        expect(Math.hypot(one[0]! - other[0]!, one[1]! - other[1]!)).toBeGreaterThan(0.02);
  });

  test('a finite space is proposed whole before anything repeats', () => {
    const space = encodeSpace({
      n: { distribution: 'int_uniform', min: 1, max: 6 },
      kind: { distribution: 'categorical', values: ['a', 'b', 'c'] },
    });
    const model = createGp(space, options);
    const under: Point[] = [model.ask(1, [])];
    under.push(model.ask(2, under));
    const rest = Array.from({ length: 16 }, (_, index) => {
      const point = model.ask(index + 3, under);
      model.tell(complete(index + 3, point, point[0]! * (1 + point[1]!)));
      return point;
    });
    expect(new Set([...under, ...rest].map((point) => point.join())).size).toBe(18);
    expectInside(space, model.ask(19, under));
  });

  describe('bad data does no harm', () => {
    test.each<[string, (point: Point, number: number) => number]>([
      ['all infinite', () => Infinity],
      ['infinite for a while', (point, number) => (number < 14 ? Infinity : bowl(point))],
      ['all the same', () => 1],
      ['half of them infinite', (point) => (point[0]! > 0.5 ? Infinity : bowl(point))],
      ['huge outliers', (point, number) => (number % 4 === 0 ? 1.7e308 : bowl(point))],
      ['huge on both sides', (point, number) => (number % 2 === 0 ? 1.7e308 : -1.7e308 * point[0]!)],
      ['tiny differences', (point) => 1 + 1e-15 * bowl(point)],
      ['minus infinity', (point, number) => (number === 5 ? -Infinity : bowl(point))],
    ])('%s', (_, objective) => {
      for (const point of run(createGp(plane, options), 1, 22, objective)) expectInside(plane, point);
    });

    test('the same point again and again, with different values', () => {
      const model = createGp(plane, options);
      for (let number = 1; number <= 40; number++) model.tell(complete(number, Float64Array.of(0.5, 0.5), number % 7));
      expectInside(plane, model.ask(41, [Float64Array.of(0.5, 0.5), Float64Array.of(0.5, 0.5)]));
    });

    test('a region of huge values does not hide the bowl', () => {
      const points = run(createGp(plane, options), 1, 35, (point) => (point[0]! > 0.6 ? 1e12 : bowl(point)));
      expect(Math.min(...points.map(bowl))).toBeLessThan(1e-3);
    });
  });

  test('failed and pruned trials are not proposed again', () => {
    const model = createGp(plane, options);
    const points = run(model, 1, 15, bowl);
    const proposed = model.ask(16, []);
    for (const [number, state] of [
      [16, 'failed'],
      [17, 'pruned'],
    ] as const) {
      const told = createGp(plane, options);
      for (const [index, point] of points.entries()) told.tell(complete(index + 1, point, bowl(point)));
      told.tell({ number, point: proposed, state, values: state === 'failed' ? [] : [0], step: 1 });
      const [x, y] = told.ask(16, []);
      expect(Math.hypot(x! - proposed[0]!, y! - proposed[1]!)).toBeGreaterThan(1e-3);
    }
  });

  test('beyond 300 observations it goes on with some of them', () => {
    const model = createGp(plane, options);
    for (let number = 1; number <= 302; number++) {
      const point = Float64Array.of(((number * 37) % 101) / 101, ((number * 61) % 97) / 97);
      model.tell(complete(number, point, bowl(point)));
    }
    expect(bowl(model.ask(303, []))).toBeLessThan(0.01);
  });
});
