import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { scrambledSobol, sobol } from '../../../activities/samplers/sobol/sequence.ts';

/** `scipy.stats.qmc.Sobol(64, scramble=False, bits=32)`, SciPy 1.17.1. */
const SCIPY: readonly [index: number, point: readonly number[]][] = [
  [1, [0.5, 0.5, 0.5, 0.5]],
  [5, [0.875, 0.875, 0.125, 0.375, 0.875, 0.625, 0.875, 0.375, 0.375, 0.125, 0.375, 0.875]],
  [
    1000,
    [
      0.2197265625, 0.0966796875, 0.5185546875, 0.6767578125, 0.2802734375, 0.9072265625, 0.0458984375, 0.8994140625,
      0.5009765625, 0.0693359375, 0.0849609375, 0.2548828125, 0.1611328125, 0.3837890625, 0.1435546875, 0.3701171875,
      0.7197265625, 0.3447265625, 0.9912109375, 0.7255859375, 0.5224609375, 0.5498046875, 0.9501953125, 0.5400390625,
      0.5830078125, 0.9072265625, 0.0400390625, 0.9794921875, 0.0595703125, 0.3408203125, 0.1474609375, 0.1455078125,
      0.2958984375, 0.5927734375, 0.8017578125, 0.7705078125, 0.8486328125, 0.8310546875, 0.3076171875, 0.4794921875,
      0.9130859375, 0.2548828125, 0.9599609375, 0.7021484375, 0.8408203125, 0.0927734375, 0.8720703125, 0.9189453125,
      0.9990234375, 0.4794921875, 0.3525390625, 0.5166015625, 0.7529296875, 0.4384765625, 0.1259765625, 0.8916015625,
      0.4541015625, 0.0791015625, 0.8837890625, 0.5712890625, 0.4462890625, 0.6025390625, 0.2587890625, 0.4462890625,
    ],
  ],
];

test('unscrambled points are those of SciPy, on all 64 axes', () => {
  for (const [index, point] of SCIPY) expect(point.map((_, axis) => sobol(index, axis) * 2 ** -32)).toEqual(point);
});

test('scrambled, every elementary interval of the first 2^m points holds exactly one', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 9 }), fc.nat(63), (seed, m, axis) => {
      const cells = new Set(
        Array.from({ length: 2 ** m }, (_, index) => Math.floor(scrambledSobol(index, axis, seed) * 2 ** m)),
      );
      expect(cells.size).toBe(2 ** m);
    }),
  );
});

test('two axes fill a square evenly: each of 16 x 16 cells holds one of 256 points', () => {
  const cells = new Set(
    Array.from({ length: 256 }, (_, index) => {
      const [x, y] = [scrambledSobol(index, 0, 7), scrambledSobol(index, 1, 7)];
      return `${Math.floor(x * 16)},${Math.floor(y * 16)}`;
    }),
  );
  expect(cells.size).toBe(256);
});

test('seeds give different points of one kind', () => {
  const first = (seed: number): number[] => [0, 1, 2].map((index) => scrambledSobol(index, 3, seed));
  expect(first(1)).toEqual(first(1));
  expect(first(1)).not.toEqual(first(2));
});
