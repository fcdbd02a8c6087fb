import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importanceOf } from '../../../activities/results/importance.ts';
import type { SearchSpace } from '../../../activities/sweep-config/resolved-sweep.ts';
import type { Hyperparameters, TrialEnded } from '../../../workflows/messages.ts';
import { trial } from './trial.ts';

const metric = { name: 'loss', goal: 'minimize', target: null, impute: 'worst', imputeWhileRunning: null } as const;
const sweepOf = (space: SearchSpace) => ({ space, conditions: {}, metric, metrics: [] });
const unit = { distribution: 'uniform', min: 0, max: 1 } as const;

function vanDerCorput(index: number, base: number): number {
  let [factor, value] = [1, 0];
  for (let rest = index; rest > 0; rest = Math.floor(rest / base)) {
    factor /= base;
    value += factor * (rest % base);
  }
  return value;
}

const trialsOf = (count: number, run: (u: number[], index: number) => Partial<TrialEnded>): TrialEnded[] =>
  Array.from({ length: count }, (_, index) =>
    trial(
      index + 1,
      run(
        [3, 5, 7, 11, 13].map((base) => vanDerCorput(index + 1, base)),
        index,
      ),
    ),
  );

const SPACE: SearchSpace = {
  a: unit,
  b: { distribution: 'log_uniform_values', min: 1e-5, max: 1e-1 },
  c: { distribution: 'categorical', values: ['x', 'y', 'z'] },
  fixed: { distribution: 'constant', value: 1 },
  n: { distribution: 'int_uniform', min: 1, max: 7 },
  w: { distribution: 'int_uniform', min: 0, max: 49 },
};
const TRIALS = trialsOf(80, ([a, b, n, c, w]) => {
  const hyperparameters = {
    a: a!,
    b: Math.exp(Math.log(1e-5) + b! * (Math.log(1e-1) - Math.log(1e-5))),
    c: ['x', 'y', 'z'][Math.floor(3 * c!)]!,
    fixed: 1,
    n: 1 + Math.floor(7 * n!),
    w: Math.floor(50 * w!),
  };
  const penalty = { x: 0, y: 0.03, z: 0.1 }[hyperparameters.c]!;
  return {
    hyperparameters,
    objective: (a! - 0.3) ** 2 + 0.05 * Math.abs(b! - 0.6) + 0.02 * Math.abs(hyperparameters.n - 3) + penalty,
  };
});

test('the numbers are those of Optuna 5.0.0 (optuna-importance.py)', () => {
  const { importance } = importanceOf(sweepOf(SPACE), TRIALS);
  const optuna = {
    a: 0.45237746891544905,
    n: 0.3222523741567425,
    c: 0.13131816502197935,
    b: 0.0734880829037746,
    w: 0.020563909002054334,
  };
  expect(importance?.map(({ parameter }) => parameter)).toEqual(Object.keys(optuna));
  for (const { parameter, importance: part } of importance ?? []) {
    expect(part).toBeCloseTo(optuna[parameter as keyof typeof optuna], 12);
  }
});

test('maximising the opposite is the same', () => {
  const maximize = { ...sweepOf(SPACE), metric: { ...metric, goal: 'maximize' as const } };
  const opposite = TRIALS.map((one) => ({ ...one, objective: -one.objective! }));
  expect(importanceOf(maximize, opposite)).toEqual(importanceOf(sweepOf(SPACE), TRIALS));
});

test('the only parameter that matters comes first, whichever it is and whatever the trials', () => {
  const names = ['a', 'b', 'group/c'] as const;
  const space = Object.fromEntries(names.map((name) => [name, unit]));
  const points = fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }), {
    minLength: 200,
    maxLength: 300,
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 }), fc.double({ min: 0, max: 1, noNaN: true }), (which, optimum) => {
      const trials = trialsOf(200, (u) => ({
        hyperparameters: { a: u[0]!, b: u[1]!, group: { c: u[2]! } },
        objective: Math.abs(u[which]! - optimum),
      }));
      const { importance } = importanceOf(sweepOf(space), trials);
      expect(importance![0]!.parameter).toBe(names[which]);
      expect(importance![0]!.importance).toBeGreaterThan(0.7);
    }),
    { numRuns: 30 },
  );
  fc.assert(
    fc.property(points, (drawn) => {
      const trials = drawn.map((u, index) =>
        trial(index + 1, { hyperparameters: { a: u[0]!, b: u[1]!, group: { c: u[2]! } }, objective: u[0]! }),
      );
      const result = importanceOf(sweepOf(space), trials);
      const sum = (result.importance ?? []).reduce((total, { importance }) => total + importance, 0);
      expect(result.importance === null ? 1 : sum).toBeCloseTo(1, 12);
    }),
    { numRuns: 10 },
  );
});

test('the order of the trials does not matter', () => {
  const expected = importanceOf(sweepOf(SPACE), TRIALS);
  const ties = TRIALS.map((one) => ({ ...one, objective: Math.round(one.objective! * 10) }));
  const tied = importanceOf(sweepOf(SPACE), ties);
  expect(tied.importance).not.toBeNull();
  fc.assert(
    fc.property(fc.shuffledSubarray([...TRIALS.keys()], { minLength: 80 }), (order) => {
      expect(
        importanceOf(
          sweepOf(SPACE),
          order.map((index) => TRIALS[index]!),
        ),
      ).toEqual(expected);
      expect(
        importanceOf(
          sweepOf(SPACE),
          order.map((index) => ties[index]!),
        ),
      ).toEqual(tied);
    }),
    { numRuns: 20 },
  );
});

describe('which trials count', () => {
  const failed = trialsOf(40, ([a], index) => ({
    hyperparameters: { ...TRIALS[0]!.hyperparameters, a: a! },
    objective: -1,
    state: index % 2 === 0 ? 'failed' : 'cancelled',
  }));

  test('failed, cancelled and objective-less ones say nothing', () => {
    const more = [...TRIALS, ...failed, ...TRIALS.slice(0, 9).map((one) => ({ ...one, objective: null, metrics: {} }))];
    expect(importanceOf(sweepOf(SPACE), more)).toEqual(importanceOf(sweepOf(SPACE), TRIALS));
  });

  test('pruned ones count as not among the best, whatever their last value', () => {
    const sweep = sweepOf({ a: unit, b: unit });
    const trials = trialsOf(600, ([a, b]) => ({
      hyperparameters: { a: a!, b: b! },
      ...(a! > 0.4 ? { state: 'pruned', objective: -1 } : { objective: b! }),
    }));
    const partOfA = (some: readonly TrialEnded[]): number =>
      importanceOf(sweep, some).importance!.find(({ parameter }) => parameter === 'a')!.importance;
    // Among those that were left to end, a decides nothing; that they were left, it does.
    expect(partOfA(trials.filter(({ state }) => state === 'complete'))).toBeLessThan(0.05);
    expect(partOfA(trials)).toBeGreaterThan(0.2);
    const silent = trials.map((one) => (one.state === 'pruned' ? { ...one, objective: null } : one));
    expect(importanceOf(sweep, silent)).toEqual(importanceOf(sweep, trials));
  });

  test('a value that another sweep allowed, and this one does not, is left out of its parameter', () => {
    const foreign = TRIALS.map((one, index) =>
      index < 3 ? { ...one, hyperparameters: { ...one.hyperparameters, c: 'other' } } : one,
    );
    expect(importanceOf(sweepOf(SPACE), foreign).importance).toHaveLength(5);
  });
});

describe('no importance', () => {
  const why = (space: SearchSpace, trials: readonly TrialEnded[]) =>
    importanceOf(sweepOf(space), trials).withoutImportance;

  test('of few trials', () => {
    expect(why(SPACE, TRIALS.slice(0, 9))).toBe(
      'Importance needs 10 trials, completed with a finite objective or pruned, and 5 of them completed; there are 9 and 9.',
    );
    expect(why(SPACE, TRIALS.slice(0, 10))).toBeNull();
    const pruned = TRIALS.map((one, index) => (index < 4 ? one : { ...one, state: 'pruned' as const }));
    expect(why(SPACE, pruned)).toMatch(/there are 80 and 4\.$/);
  });

  test('without a metric, of constants, of trials that are all as good', () => {
    expect(importanceOf({ ...sweepOf(SPACE), metric: null }, TRIALS).withoutImportance).toBe(
      'The sweep has no metric.',
    );
    expect(why({ fixed: SPACE['fixed']! }, TRIALS)).toBe('Every parameter is a constant.');
    const equal = TRIALS.map((one) => ({ ...one, objective: 1 }));
    expect(why(SPACE, equal)).toBe('The best trials are spread over the parameters as all trials are.');
  });
});

test('a conditional parameter counts by the trials that have it', () => {
  const space: SearchSpace = { kind: { distribution: 'categorical', values: ['p', 'q'] }, x: unit, y: unit };
  const conditions = { x: [{ parameter: 'kind', values: ['p'] }], y: [{ parameter: 'kind', values: ['q'] }] };
  const trials = trialsOf(200, ([u, v]) => {
    const hyperparameters: Hyperparameters = u! < 0.5 ? { kind: 'p', x: v! } : { kind: 'q', y: v! };
    return { hyperparameters, objective: u! < 0.5 ? Math.abs(v! - 0.5) : 1 };
  });
  const { importance } = importanceOf({ ...sweepOf(space), conditions }, trials);
  expect(importance!.map(({ parameter }) => parameter)).toEqual(['x', 'kind', 'y']);
  expect(importance![2]!.importance).toBe(0);
});

test('with several objectives, what decides about the Pareto front', () => {
  const sweep = {
    ...sweepOf({ a: unit, b: unit }),
    metric: null,
    metrics: [
      { name: 'loss', goal: 'minimize' },
      { name: 'acc', goal: 'maximize' },
    ] as const,
  };
  const trials = trialsOf(200, ([a, b]) => ({
    hyperparameters: { a: a!, b: b! },
    objective: null,
    metrics: { loss: a! + (b! - 0.5) ** 2, acc: a! - (b! - 0.5) ** 2 },
  }));
  expect(importanceOf(sweep, trials).importance![0]!.parameter).toBe('b');
});
