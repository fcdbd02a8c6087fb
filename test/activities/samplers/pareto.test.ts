import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contributions, hypervolume } from '../../../activities/samplers/hypervolume.ts';
import { bestFirst, crowding, dominates, fronts, paretoFront } from '../../../activities/samplers/pareto.ts';

/** Few different values, so that many are equal. */
const vectorsOf = (objective: fc.Arbitrary<number>, most: number): fc.Arbitrary<number[][]> =>
  fc
    .integer({ min: 2, max: 4 })
    .chain((size) => fc.array(fc.array(objective, { minLength: size, maxLength: size }), { maxLength: most }));
const rough = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(Infinity, -Infinity));

test('fronts hold every vector once, each dominated by one of the front before and by none of its own', () => {
  fc.assert(
    fc.property(vectorsOf(rough, 30), (vectors) => {
      const all = fronts(vectors);
      expect(paretoFront(vectors)).toEqual(all[0] ?? []);
      expect(all.flat().toSorted((one, other) => one - other)).toEqual([...vectors.keys()]);
      for (const [rank, front] of all.entries())
        for (const index of front) {
          const isBelow = (others: readonly number[]): boolean =>
            others.some((other) => dominates(vectors[other]!, vectors[index]!));
          expect(isBelow(front)).toBe(false);
          if (rank > 0) expect(isBelow(all[rank - 1]!)).toBe(true);
        }
    }),
  );
});

test('the Pareto front keeps order and equal vectors', () => {
  const vectors = [
    [3, 1],
    [2, 2],
    [3, 3],
    [1, 3],
    [2, 2],
  ];
  expect(paretoFront(vectors)).toEqual([0, 1, 3, 4]);
  expect(paretoFront([])).toEqual([]);
});

test('crowding is infinite at the ends, and else the distance of the neighbours', () => {
  const line = [
    [0, 10],
    [1, 8],
    [4, 2],
    [10, 0],
  ];
  const [first, second, third, last] = crowding(line);
  expect([first, last]).toEqual([Infinity, Infinity]);
  expect(second).toBeCloseTo(4 / 10 + 8 / 10, 12);
  expect(third).toBeCloseTo(9 / 10 + 8 / 10, 12);
  expect(bestFirst([...line, [11, 11]])).toEqual([0, 3, 2, 1, 4]);
});

test('crowding of equal and of infinite objectives is a number', () => {
  expect(crowding([[1, Infinity], [1, 0], [1, 1]])).toEqual([0, 0, 0]); // prettier-ignore
});

describe('the hypervolume', () => {
  /** By inclusion and exclusion of all boxes. */
  function volumeOfUnion(vectors: readonly number[][], reference: number): number {
    let sum = 0;
    for (let subset = 1; subset < 2 ** vectors.length; subset++) {
      const chosen = vectors.filter((_, index) => (subset >> index) & 1);
      const corner = chosen[0]!.map((_, index) => Math.max(...chosen.map((vector) => vector[index]!)));
      const box = corner.reduce((product, value) => product * Math.max(0, reference - value), 1);
      sum += chosen.length % 2 === 1 ? box : -box;
    }
    return sum;
  }

  test('is that of the union of the boxes, for two to four objectives', () => {
    fc.assert(
      fc.property(vectorsOf(fc.integer({ min: 0, max: 9 }), 7), (vectors) => {
        const reference = (vectors[0] ?? [0, 0]).map(() => 8);
        expect(hypervolume(vectors, reference)).toBe(volumeOfUnion(vectors, 8)); // whole numbers: exact
      }),
    );
  });

  test('loses with each vector what that one contributes', () => {
    fc.assert(
      fc.property(vectorsOf(fc.integer({ min: 0, max: 9 }), 7), (vectors) => {
        const reference = (vectors[0] ?? [0, 0]).map(() => 8);
        const whole = hypervolume(vectors, reference);
        const lost = vectors.map((_, index) => whole - hypervolume(vectors.toSpliced(index, 1), reference));
        expect(contributions(vectors, reference)).toEqual(lost);
      }),
    );
  });

  test('of vectors behind the reference, or at infinity, is nothing', () => {
    expect(hypervolume([[2, 0], [0, 1], [Infinity, 0]], [1, 1])).toBe(0); // prettier-ignore
  });
});
