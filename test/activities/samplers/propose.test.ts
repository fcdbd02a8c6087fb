import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../workflows/messages.ts';
import { propose, trialSeed } from '../../../activities/samplers/propose.ts';
import { uniform } from '../../../activities/samplers/stream.ts';
import type { Distribution, ResolvedSweep } from '../../../activities/sweep-config/resolved-sweep.ts';
import { gridSize } from '../../../activities/sweep-config/conditional-grid.ts';
import { flatten, gridLength, gridValue, nest } from '../../../activities/sweep-config/space.ts';
import { around, sweepDirectory } from '../sweep-config/setup.ts';

const { resolve } = sweepDirectory();
const base = resolve(around('{a: {value: 1}}'));
const sweepOf = (
  space: Record<string, Distribution>,
  method: ResolvedSweep['method'] = 'random',
  seed = 0,
): ResolvedSweep => ({
  ...base,
  space,
  method,
  temporal: { ...base.temporal, seed },
});

const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });
const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
const ordered = (numbers: fc.Arbitrary<number>) =>
  fc
    .tuple(numbers, numbers)
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
const bell = fc.record({
  mu: fc.double({ min: -9, max: 9, noNaN: true }),
  sigma: fc.double({ min: 0, max: 9, noNaN: true }),
});
const quantum = fc.oneof(
  fc.record({ q: fc.double({ min: 0.01, max: 100, noNaN: true }), integer: fc.constant(false) }),
  fc.record({ q: fc.integer({ min: 1, max: 100 }), integer: fc.constant(true) }),
);
const named =
  <N extends Distribution['distribution']>(distribution: N) =>
  <T>(rest: T) => ({ distribution, ...rest });
const both = <A, B>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>) => fc.tuple(a, b).map(([x, y]) => ({ ...x, ...y }));
const json = fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

const distributions: fc.Arbitrary<Distribution> = fc.oneof(
  json.map((value) => named('constant')({ value })),
  fc.array(json, { minLength: 1, maxLength: 5 }).map((values) => named('categorical')({ values })),
  fc
    .array(json, { minLength: 1, maxLength: 5 })
    .map((values) =>
      named('categorical_w_probabilities')({ values, probabilities: values.map(() => 1 / values.length) }),
    ),
  ordered(fc.maxSafeInteger().map((n) => Math.trunc(n / 4))).map(named('int_uniform')),
  ordered(finite).map(named('uniform')),
  ordered(positive).map(named('log_uniform_values')),
  ordered(positive).map(named('inv_log_uniform_values')),
  both(ordered(finite), quantum).map(named('q_uniform')),
  both(ordered(positive), quantum).map(named('q_log_uniform_values')),
  bell.map(named('normal')),
  bell.map(named('log_normal')),
  both(bell, quantum).map(named('q_normal')),
  both(bell, quantum).map(named('q_log_normal')),
);
const names = fc.constantFrom('a', 'b', 'c/x', 'c/y', 'd/e/f', 'constructor', 'lr-max');
const spaces = fc.dictionary(names, distributions, { minKeys: 1, maxKeys: 5 });
const numbers = fc.integer({ min: 1, max: 1_000_000 });
const seeds = fc.nat(2 ** 32 - 1);

function expectInside(distribution: Distribution, value: Json): void {
  switch (distribution.distribution) {
    case 'constant':
      return expect(value).toEqual(distribution.value);
    case 'categorical':
    case 'categorical_w_probabilities':
      return expect(distribution.values).toContainEqual(value);
    case 'int_uniform':
    case 'uniform':
    case 'log_uniform_values':
    case 'inv_log_uniform_values':
      expect(value).toBeGreaterThanOrEqual(distribution.min);
      expect(value).toBeLessThanOrEqual(distribution.max);
      return expect(Number.isSafeInteger(value)).toBe(
        distribution.distribution === 'int_uniform' || Number.isSafeInteger(value),
      );
    case 'q_uniform':
    case 'q_log_uniform_values':
      expect(value).toBeGreaterThanOrEqual(distribution.min - distribution.q);
      expect(value).toBeLessThanOrEqual(distribution.max + distribution.q);
      break;
    case 'normal':
    case 'log_normal':
      return expect(Number.isFinite(value)).toBe(true);
    default:
  }
  const { q, integer } = distribution as { q: number; integer: boolean };
  expect(Number.isFinite(value)).toBe(true);
  expect(Object.is(value, -0)).toBe(false);
  const steps = (value as number) / q;
  expect(Math.abs(steps - Math.round(steps))).toBeLessThan(Math.max(1e-6, Math.abs(steps) * 2 ** -50)); // two roundings
  if (integer && Math.abs(value as number) < 2 ** 53) expect(Number.isInteger(value)).toBe(true);
}

describe('random', () => {
  test('proposals lie in the space', () => {
    fc.assert(
      fc.property(spaces, seeds, numbers, (space, seed, number) => {
        const hyperparameters = propose(sweepOf(space, 'random', seed), number)!;
        for (const [name, value] of flatten(space, hyperparameters)) expectInside(space[name]!, value);
        expect(JSON.parse(JSON.stringify(hyperparameters))).toEqual(hyperparameters);
      }),
      { numRuns: 300 },
    );
  });

  test('the same seed gives the same trials, in any order and however often', () => {
    fc.assert(
      fc.property(spaces, seeds, fc.array(numbers, { minLength: 1, maxLength: 5 }), (space, seed, order) => {
        const ask = (number: number) => propose(sweepOf(space, 'random', seed), number);
        const first = order.map(ask);
        expect(order.toReversed().map(ask).reverse()).toEqual(first);
      }),
    );
  });

  test('a parameter more leaves the values of the others', () => {
    const lr: Distribution = { distribution: 'uniform', min: 0, max: 1 };
    const [few, many] = [sweepOf({ lr }), sweepOf({ a: lr, lr, z: lr })];
    expect(propose(many, 3)!['lr']).toBe(propose(few, 3)!['lr']);
    expect(propose(many, 3)!['a']).not.toBe(propose(many, 3)!['z']);
  });

  test('these very values, in every release', () => {
    const sweep = resolve(
      `${around('{lr: {distribution: log_uniform_values, min: 1e-3, max: 1e-1}, n: {min: 1, max: 100}}')}temporal: {seed: 7}`,
    );
    expect([1, 2, 3].map((number) => propose(sweep, number))).toMatchInlineSnapshot(`
      [
        {
          "lr": 0.02941258928965963,
          "n": 66,
        },
        {
          "lr": 0.006626418497953879,
          "n": 67,
        },
        {
          "lr": 0.051020797268786826,
          "n": 71,
        },
      ]
    `);
    expect([1, 2, 3].map((number) => trialSeed(7, number))).toMatchInlineSnapshot(`
      [
        707710285,
        2561858622,
        1299030384,
      ]
    `);
  });

  test('the stream is uniform and uncorrelated from trial to trial', () => {
    const count = 20_000;
    const draws = Array.from({ length: count }, (_, index) => uniform('random', 1, index + 1, 'lr'));
    const bins = Array.from({ length: 100 }, () => 0);
    for (const draw of draws) bins[Math.floor(draw * 100)]! += 1;
    const chiSquare = bins.reduce((sum, bin) => sum + (bin - count / 100) ** 2 / (count / 100), 0);
    // 99 degrees of freedom: beyond these bounds once in a million.
    expect(chiSquare).toBeGreaterThan(45);
    expect(chiSquare).toBeLessThan(180);
    const correlation =
      (12 / count) * draws.slice(1).reduce((sum, draw, index) => sum + (draw - 0.5) * (draws[index]! - 0.5), 0);
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(count));
  });
});

describe('grid', () => {
  const gridded: fc.Arbitrary<Distribution> = fc.oneof(
    json.map((value) => named('constant')({ value })),
    fc.array(json, { minLength: 1, maxLength: 4 }).map((values) => named('categorical')({ values })),
    fc
      .record({ min: fc.integer({ min: -50, max: 50 }), size: fc.integer({ min: 1, max: 4 }) })
      .map(({ min, size }) => named('int_uniform')({ min, max: min + size })),
    fc
      .record({ min: fc.integer({ min: -5, max: 5 }), q: fc.constantFrom(0.1, 0.25, 1) })
      .map(({ min, q }) => named('q_uniform')({ min, max: min + 1, q, integer: false })),
  );

  test('every point once, then no more', () => {
    fc.assert(
      fc.property(fc.dictionary(names, gridded, { minKeys: 1, maxKeys: 3 }), (space) => {
        const size = gridSize(space, {})!;
        const points = Array.from({ length: size }, (_, index) => propose(sweepOf(space, 'grid'), index + 1));
        expect(new Set(points.map((point) => JSON.stringify(point))).size).toBe(size);
        expect(points).not.toContain(null);
        expect(propose(sweepOf(space, 'grid'), size + 1)).toBeNull();
        for (const point of points) {
          for (const [name, value] of flatten(space, point!)) {
            const distribution = space[name]!;
            const all = Array.from({ length: gridLength(distribution)! }, (_, index) => gridValue(distribution, index));
            expect(all).toContainEqual(value);
          }
        }
      }),
    );
  });

  test('a grid beyond counting still has its first points', () => {
    const wide: Distribution = { distribution: 'int_uniform', min: 1, max: 1e15 };
    const sweep = sweepOf({ a: wide, b: wide }, 'grid');
    expect(propose(sweep, 3)).toEqual({ a: 1, b: 3 });
  });

  test('a distribution without a grid is an error', () => {
    expect(() => propose(sweepOf({ a: { distribution: 'normal', mu: 0, sigma: 1 } }, 'grid'), 1)).toThrow(
      'a: normal has no grid',
    );
  });
});

test('trials are numbered from 1', () => {
  for (const number of [0, -1, 1.5, Number.NaN]) expect(() => propose(base, number)).toThrow(RangeError);
});

test('trial seeds are 32-bit unsigned and differ', () => {
  const all = Array.from({ length: 1000 }, (_, index) => trialSeed(0, index + 1));
  expect(new Set(all).size).toBe(1000);
  for (const seed of all) expect(seed >>> 0).toBe(seed);
  expect(trialSeed(1, 1)).not.toBe(trialSeed(0, 1));
});

test('nesting and flattening are inverse', () => {
  fc.assert(
    fc.property(spaces, numbers, (space, number) => {
      const hyperparameters = propose(sweepOf(space), number)!;
      expect(nest(flatten(space, hyperparameters))).toEqual(hyperparameters);
    }),
  );
});
