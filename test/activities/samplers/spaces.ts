/** Search spaces for property tests: every distribution, with all kinds of bounds. */
import * as fc from 'fast-check';
import type { Distribution, SearchSpace } from '../../../activities/sweep-config/resolved-sweep.ts';

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const range = (min: number, max: number): fc.Arbitrary<{ min: number; max: number }> =>
  fc.tuple(number(min, max), number(min, max)).map(([a, b]) => {
    const [low, high] = a < b ? [a, b] : [b, a];
    return { min: low, max: high - low > 1e-3 * Math.abs(high) ? high : low + Math.abs(low) + 1e-2 };
  });
const bell = fc.record({ mu: number(-2, 2), sigma: number(0.1, 3) });
const q = fc.constantFrom(0.1, 0.25, 1, 2, 8);

export const distributions: fc.Arbitrary<Distribution> = fc.oneof(
  fc.record({ distribution: fc.constant('constant' as const), value: fc.oneof(fc.string(), fc.integer()) }),
  fc.record({
    distribution: fc.constant('categorical' as const),
    values: fc.uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 8 }),
  }),
  fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 6 }).map((values) => ({
    distribution: 'categorical_w_probabilities' as const,
    values,
    probabilities: values.map(() => 1 / values.length),
  })),
  fc
    .tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 300 }))
    .map(([min, width]) => ({ distribution: 'int_uniform' as const, min, max: min + width })),
  range(-1e3, 1e3).map((bounds) => ({ distribution: 'uniform' as const, ...bounds })),
  range(1e-6, 1e3).map((bounds) => ({ distribution: 'log_uniform_values' as const, ...bounds })),
  fc
    .tuple(range(-50, 50), q)
    .map(([bounds, step]) => ({ distribution: 'q_uniform' as const, ...bounds, q: step, integer: false })),
  fc
    .tuple(range(0.5, 500), q)
    .map(([bounds, step]) => ({ distribution: 'q_log_uniform_values' as const, ...bounds, q: step, integer: false })),
  fc.record({ distribution: fc.constant('beta' as const), a: number(0.5, 5), b: number(0.5, 5) }),
  fc.record({
    distribution: fc.constant('q_beta' as const),
    a: number(0.5, 5),
    b: number(0.5, 5),
    q: fc.constantFrom(0.1, 0.25),
    integer: fc.constant(false),
  }),
  bell.map((shape) => ({ distribution: 'normal' as const, ...shape })),
  bell.map((shape) => ({ distribution: 'log_normal' as const, ...shape })),
  fc.tuple(bell, q).map(([shape, step]) => ({ distribution: 'q_normal' as const, ...shape, q: step, integer: false })),
  fc
    .tuple(bell, q)
    .map(([shape, step]) => ({ distribution: 'q_log_normal' as const, ...shape, q: step, integer: false })),
);

export const spaces: fc.Arbitrary<SearchSpace> = fc.dictionary(
  fc.constantFrom('a', 'b', 'model/width', 'model/depth', 'optimizer/lr'),
  distributions,
  { minKeys: 1, maxKeys: 5 },
);
