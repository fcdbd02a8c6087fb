/** Median regrets side by side, and the mean rank of each sampler over all problems. */
import { markdown, spread } from '../support/statistics.ts';

/** One search. */
export interface Outcome {
  readonly problem: string;
  readonly sampler: string;
  readonly seed: number;
  readonly trials: number;
  /** Trials under way at a time. */
  readonly workers: number;
  /** The least. */
  readonly regret: number;
  readonly seconds: number;
}

/** @param outcomes of every sampler on every problem, with the same seeds. */
export function regretTable(outcomes: readonly Outcome[]): string {
  const problems = [...new Set(outcomes.map(({ problem }) => problem))];
  const samplers = [...new Set(outcomes.map(({ sampler }) => sampler))];
  const { trials, workers } = outcomes[0]!;
  const seeds = new Set(outcomes.map(({ seed }) => seed)).size;
  const medians = problems.map((problem) =>
    samplers.map((sampler) => {
      const own = outcomes.filter((outcome) => outcome.problem === problem && outcome.sampler === sampler);
      return spread(own.map(({ regret }) => regret))!.median;
    }),
  );
  const ranks = medians.map(ranksOf);
  const seconds = samplers.map((sampler) =>
    mean(outcomes.filter((outcome) => outcome.sampler === sampler).map((outcome) => outcome.seconds)),
  );
  return markdown(
    [`median regret, ${trials} trials, ${workers} at a time, ${seeds} seeds`, ...samplers],
    [
      ...problems.map((problem, row) => [problem, ...medians[row]!.map((regret) => regret.toPrecision(3))]),
      ['mean rank', ...samplers.map((_, column) => mean(ranks.map((row) => row[column]!)).toFixed(2))],
      ['seconds per search', ...seconds.map((each) => each.toFixed(2))],
    ],
  );
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** From 1; equal ones share the middle of their places. */
function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const less = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return less + (equal + 1) / 2;
  });
}
