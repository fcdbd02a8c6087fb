/** TPE with Optuna's settings: numbers worked out by hand from its rules. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeSpace, type Point } from '../../../../activities/samplers/encoded-space.ts';
import type { Model } from '../../../../activities/samplers/model.ts';
import { type KernelAxis, orderedAxis } from '../../../../activities/samplers/tpe/ordered-axis.ts';
import { SETTINGS, weightsByAge } from '../../../../activities/samplers/tpe/settings.ts';
import { createTpe } from '../../../../activities/samplers/tpe/tpe.ts';
import { normalQuantile } from '../../../../activities/sweep-config/normal-quantile.ts';
import { normalCdf } from '../../../../activities/sweep-config/normal-cdf.ts';
import { chance, complete, cube, run } from '../problems.ts';
import { spaces } from '../spaces.ts';

const { widths } = SETTINGS.optuna;

/** An axis with kernels 1 and on at these coordinates. */
function axisWith(...middles: number[]): KernelAxis {
  const axis = orderedAxis({ kind: 'real' }, widths);
  for (const [index, u] of middles.entries()) axis.put(index + 1, u);
  return axis;
}

/** Whether a kernel is a normal at `mu` as wide as `width`, cut off at 0 and 1: by two of its quantiles. */
function expectKernel(axis: KernelAxis, slot: number, mu: number, width: number): void {
  const [low, high] = [normalCdf(-mu / width), normalCdf((1 - mu) / width)];
  for (const part of [0.2, 0.7])
    expect(axis.draw(slot, part, 1)).toBeCloseTo(mu + width * normalQuantile(low + part * (high - low)), 9);
}

describe('kernels', () => {
  test('are as wide as the larger gap to an observation; the outermost as the only gap they have', () => {
    const axis = axisWith(0.1, 0.9, 0.5, 0.55);
    expectKernel(axis, 0, 0.5, 1);
    expectKernel(axis, 1, 0.1, 0.4);
    expectKernel(axis, 3, 0.5, 0.4);
    expectKernel(axis, 4, 0.55, 0.35);
    expectKernel(axis, 2, 0.9, 0.35);
  });

  test('reach to the farther end when there is one observation', () => {
    expectKernel(axisWith(0.3), 1, 0.3, 0.7);
  });

  test('are never narrower than the range by one more than all kernels, which changes all of them', () => {
    const axis = axisWith(0.5, 0.501);
    expectKernel(axis, 1, 0.5, 1 / 4);
    axis.put(3, 0.502);
    for (const [index, mu] of [0.5, 0.501, 0.502].entries()) expectKernel(axis, index + 1, mu, 1 / 5);
    axis.drop(1, 3);
    expectKernel(axis, 1, 0.502, 1 / 4);
    expectKernel(axis, 2, 0.501, 1 / 4);
  });

  test('are a hundredth of the range or more, however many there are', () => {
    const axis = axisWith(...Array.from({ length: 150 }, (_, index) => 0.4 + index / 1000));
    expectKernel(axis, 1, 0.4, 0.01);
    expectKernel(axis, 77, 0.476, 0.01);
  });

  test('have the same widths, whichever way they came about', () => {
    const coordinates = fc.uniqueArray(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 130 });
    fc.assert(
      fc.property(coordinates, fc.nat(), (all, which) => {
        const axis = axisWith(...all);
        const dropped = which % all.length;
        axis.drop(dropped + 1, all.length);
        const left = [...all];
        const last = left.pop()!;
        if (dropped < left.length) left[dropped] = last;
        const fresh = axisWith(...left);
        for (let slot = 0; slot <= left.length; slot++) expect(axis.own(slot)).toBe(fresh.own(slot));
      }),
      { numRuns: 50 },
    );
  });
});

describe('weights by age', () => {
  test.each<[number, readonly number[]]>([
    [0, []],
    [3, [1, 1, 1]],
    [25, Array.from({ length: 25 }, () => 1)],
    [26, [1 / 26, ...Array.from({ length: 25 }, () => 1)]],
    [28, [1 / 28, (1 + 1 / 28) / 2, 1, ...Array.from({ length: 25 }, () => 1)]],
  ])('of %i observations, the oldest first', (count, weights) => {
    expect(weightsByAge(count)).toHaveLength(count);
    for (const [index, weight] of weights.entries()) expect(weightsByAge(count)[index]).toBeCloseTo(weight, 12);
  });
});

describe('TPE with these settings', () => {
  const plane = cube(2);
  const create = (seed: number): Model => createTpe(plane, { seed, objectives: 1, settings: 'optuna' });
  const bowl = ([x, y]: Point): [number] => [(x! - 0.3) ** 2 + (y! - 0.8) ** 2];

  test('P12: the same tells give the same answer, whatever was asked in between', () => {
    const model = create(7);
    const points = run(model, 60, bowl, 3);
    const again = create(7);
    for (const [index, point] of points.slice(0, 57).entries()) again.tell(complete(index + 1, point, ...bowl(point)));
    model.ask(99, []);
    const pending = points.slice(57);
    expect(model.ask(61, pending)).toEqual(again.ask(61, pending));
    expect(run(create(7), 60, bowl, 3)).toEqual(points);
  });

  test('proposals lie in the space, whatever the space', () => {
    fc.assert(
      fc.property(spaces, fc.nat(1000), fc.integer({ min: 1, max: 2 }), (definition, seed, objectives) => {
        const space = encodeSpace(definition);
        const model = createTpe(space, { seed, objectives, settings: 'optuna' });
        const sum = (point: Point): number => point.reduce((one, other) => one + other, 0);
        for (const point of run(model, 50, (at, number) => [sum(at), number % 3].slice(0, objectives), seed % 4))
          expect(space.snap(point)).toEqual(point);
      }),
      { numRuns: 25 },
    );
  });

  test.each([1, 2, 3])(
    'finds the bottom of a bowl sooner than chance, and by other points than by default, seed %i',
    (seed) => {
      const points = run(create(seed), 80, bowl);
      const best = (all: readonly Point[]): number => Math.min(...all.map((point) => bowl(point)[0]));
      expect(best(points)).toBeLessThan(best(run(chance(plane, seed), 80, bowl)));
      expect(points).not.toEqual(run(createTpe(plane, { seed, objectives: 1 }), 80, bowl));
    },
  );
});
