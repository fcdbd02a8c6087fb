/** Median regrets side by side, and the mean rank of each sampler over all problems. */
import { markdown, spread } from '../support/statistics.ts';

/** Of one sampler on one problem: the least regret of each seed, and the seconds all of them took. */
export interface Outcome {
  readonly problem: string;
  readonly sampler: string;
  readonly regrets: readonly number[];
  readonly seconds: number;
}

export function regretTable(outcomes: readonly Outcome[], trials: number): string {
  const problems = [...new Set(outcomes.map(({ problem }) => problem))];
  const samplers = [...new Set(outcomes.map(({ sampler }) => sampler))];
  const of = (problem: string, sampler: string): Outcome =>
    outcomes.find((outcome) => outcome.problem === problem && outcome.sampler === sampler)!;
  const medians = problems.map((problem) => samplers.map((sampler) => spread(of(problem, sampler).regrets)!.median));
  const ranks = medians.map(ranksOf);
  const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const seeds = outcomes[0]!.regrets.length;
  return markdown(
    [`median regret after ${trials} trials, ${seeds} seeds`, ...samplers],
    [
      ...problems.map((problem, row) => [problem, ...medians[row]!.map((regret) => regret.toPrecision(3))]),
      ['mean rank', ...samplers.map((_, column) => mean(ranks.map((row) => row[column]!)).toFixed(2))],
      [
        'seconds per search',
        ...samplers.map((sampler) => mean(problems.map((problem) => of(problem, sampler).seconds / seeds)).toFixed(2)),
      ],
    ],
  );
}

/** From 1; equal ones share the middle of their places. */
function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const less = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return less + (equal + 1) / 2;
  });
}
