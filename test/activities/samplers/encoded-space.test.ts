import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeSpace, type EncodedSpace, type Point } from '../../../activities/samplers/encoded-space.ts';
import { normalCdf } from '../../../activities/sweep-config/normal-cdf.ts';
import { normalQuantile } from '../../../activities/sweep-config/normal-quantile.ts';
import { spaces } from './spaces.ts';

const raw = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 });

/** A point of the space from numbers in [0, 1]. */
const at = (space: EncodedSpace, numbers: readonly number[]): Point =>
  space.snap(
    Float64Array.from(space.axes, (axis, i) => (axis.kind === 'choice' ? numbers[i]! * axis.count : numbers[i]!)),
  );

describe('the encoded space', () => {
  test('decode, encode, decode gives the same values: discrete ones exactly, others to 9 digits', () => {
    fc.assert(
      fc.property(spaces, raw, (definition, numbers) => {
        const space = encodeSpace(definition);
        const values = space.decode(at(space, numbers));
        const again = space.encode(values);
        expect(again).not.toBeNull();
        const close = (one: unknown, other: unknown): void => {
          if (typeof one === 'object' && one !== null)
            for (const key of Object.keys(one)) close((one as never)[key], (other as never)[key]);
          else if (typeof one !== 'number' || Number.isInteger(one)) expect(other).toEqual(one);
          else expect(Math.abs((other as number) - one)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(one)));
        };
        close(values, space.decode(again!));
      }),
      { numRuns: 500 },
    );
  });

  test('snap is idempotent and equal values are equal points', () => {
    fc.assert(
      fc.property(spaces, raw, (definition, numbers) => {
        const space = encodeSpace(definition);
        const point = at(space, numbers);
        expect(space.snap(point)).toEqual(point);
        const again = space.encode(space.decode(point))!;
        for (const [index, axis] of space.axes.entries())
          if (axis.kind !== 'real') expect(again[index]).toBeCloseTo(point[index]!, 9);
      }),
      { numRuns: 500 },
    );
  });

  test('values of another space have no point', () => {
    const space = encodeSpace({ n: { distribution: 'categorical', values: ['a', 'b'] } });
    expect(space.encode({ n: 'c' })).toBeNull();
    expect(space.encode({})).toBeNull();
    expect(space.size).toBe(2);
  });

  test('a space without anything to search is one point', () => {
    const space = encodeSpace({ n: { distribution: 'constant', value: 3 } });
    expect(space.size).toBe(1);
    expect(space.decode(new Float64Array(0))).toEqual({ n: 3 });
  });
});

test('Φ is the inverse of its quantile function, in the tails too', () => {
  fc.assert(
    fc.property(fc.double({ min: -9, max: 6, noNaN: true }), (x) => {
      const u = normalCdf(x);
      expect(Math.abs(normalQuantile(u) - x)).toBeLessThanOrEqual(1e-9 + (x > 3 ? 1e-15 / (1 - u) : 0));
    }),
  );
  // Scipy's norm.cdf.
  for (const [x, expected] of [
    [-8, 6.22096057427178e-16],
    [-3.5, 2.3262907903552504e-4],
    [-1, 0.15865525393145707],
    [2.5, 0.9937903346742238],
  ] as const)
    expect(Math.abs(normalCdf(x) / expected - 1), String(x)).toBeLessThan(1e-13);
});

describe('with conditions', () => {
  const space = encodeSpace(
    {
      optimizer: { distribution: 'categorical', values: ['adam', 'sgd'] },
      momentum: { distribution: 'uniform', min: 0, max: 1 },
    },
    { momentum: [{ parameter: 'optimizer', values: ['sgd'] }] },
  );

  test('a parameter that a trial lacks is left out, and stands in the middle', () => {
    expect(space.decode(Float64Array.of(0.9, 0))).toEqual({ optimizer: 'adam' });
    expect(space.decode(Float64Array.of(0.9, 1))).toEqual({ momentum: 0.9, optimizer: 'sgd' });
    expect(space.encode({ optimizer: 'adam' })).toEqual(Float64Array.of(0.5, 0));
    expect(space.encode({ momentum: 0.9, optimizer: 'sgd' })).toEqual(Float64Array.of(0.9, 1));
  });

  test('one that it should have, and has not, makes no point', () => {
    expect(space.encode({ optimizer: 'sgd' })).toBeNull();
  });
});
