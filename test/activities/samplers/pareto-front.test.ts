import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { paretoFront } from '../../../activities/samplers/pareto.ts';

test('the front is what no other point dominates, for any number of objectives', () => {
  const points = fc
    .integer({ min: 1, max: 4 })
    .chain((length) =>
      fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: length, maxLength: length }), { maxLength: 40 }),
    );
  fc.assert(
    fc.property(points, (all) => {
      const expected = [...all.keys()].filter(
        (index) =>
          !all.some(
            (other) =>
              other.every((value, axis) => value <= all[index]![axis]!) &&
              other.some((value, axis) => value < all[index]![axis]!),
          ),
      );
      expect(paretoFront(all)).toEqual(expected);
    }),
  );
});

test('equal points are both in it', () => {
  expect(paretoFront([[1, 2], [3, 3], [1, 2], [2, 1]])).toEqual([0, 2, 3]); // prettier-ignore
});
