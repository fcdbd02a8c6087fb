/** The closed-form problems: functions whose minimum is known. */
import type { SearchSpace } from '../../activities/sweep-config/resolved-sweep.ts';
import type { Problem, Values } from './problem.ts';

const box = (dimensions: number, min: number, max: number): SearchSpace =>
  Object.fromEntries(
    Array.from({ length: dimensions }, (_, index) => [`x${index}`, { distribution: 'uniform', min, max }]),
  );

const vector = (values: Values): number[] =>
  Object.keys(values)
    .sort()
    .map((name) => values[name] as number);

const onVector = (name: string, space: SearchSpace, f: (x: number[]) => number): Problem => ({
  name,
  space,
  regret: (values) => Promise.resolve(f(vector(values))),
});

const sum = (terms: readonly number[]): number => terms.reduce((total, term) => total + term, 0);

function branin([x = 0, y = 0]: number[]): number {
  const bent = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
  return bent * bent + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10 - 0.39788735772973816;
}

const HARTMANN = {
  alpha: [1, 1.2, 3, 3.2],
  a: [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ],
  p: [
    [1312, 1696, 5569, 124, 8283, 5886],
    [2329, 4135, 8307, 3736, 1004, 9991],
    [2348, 1451, 3522, 2883, 3047, 6650],
    [4047, 8828, 8732, 5743, 1091, 381],
  ],
};

const hartmann = (x: number[]): number =>
  3.32236801141551 -
  sum(
    HARTMANN.alpha.map(
      (alpha, i) =>
        alpha * Math.exp(-sum(x.map((xj, j) => HARTMANN.a[i]![j]! * (xj - HARTMANN.p[i]![j]! * 1e-4) ** 2))),
    ),
  );

const ackley = (x: number[]): number =>
  -20 * Math.exp(-0.2 * Math.sqrt(sum(x.map((v) => v * v)) / x.length)) -
  Math.exp(sum(x.map((v) => Math.cos(2 * Math.PI * v))) / x.length) +
  20 +
  Math.E;

const rosenbrock = (x: number[]): number =>
  sum(x.slice(1).map((next, i) => 100 * (next - x[i]! * x[i]!) ** 2 + (1 - x[i]!) ** 2));

function levy(x: number[]): number {
  const w = x.map((v) => 1 + (v - 1) / 4);
  const last = w.at(-1)!;
  const middle = w.slice(0, -1).map((v) => (v - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * v + 1) ** 2));
  return Math.sin(Math.PI * w[0]!) ** 2 + sum(middle) + (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2);
}

const rastrigin = (x: number[]): number => 10 * x.length + sum(x.map((v) => v * v - 10 * Math.cos(2 * Math.PI * v)));

export const FUNCTIONS: readonly Problem[] = [
  onVector(
    'branin2',
    { x0: { distribution: 'uniform', min: -5, max: 10 }, x1: { distribution: 'uniform', min: 0, max: 15 } },
    branin,
  ),
  onVector('hartmann6', box(6, 0, 1), hartmann),
  onVector('ackley5', box(5, -32.768, 32.768), ackley),
  onVector('rosenbrock4', box(4, -5, 10), rosenbrock),
  onVector('levy8', box(8, -10, 10), levy),
  onVector('rastrigin4', box(4, -5.12, 5.12), rastrigin),
];
