/** What is searched, and who searches: the same words for our samplers and for the peers. */
import type { SearchSpace } from '../../activities/sweep-config/resolved-sweep.ts';

export type Values = Readonly<Record<string, unknown>>;

export interface Problem {
  readonly name: string;
  readonly space: SearchSpace;
  /** 0 at the best; parameters by name. */
  regret(values: Values): Promise<number>;
}

/** One search, from its beginning. To be minimised. */
export interface Search {
  /** @param number of the trial, from 1; asked in this order. What was asked and not told is under way. */
  ask(number: number): Promise<Values>;
  tell(number: number, value: number): Promise<void>;
}

export interface Sampler {
  readonly name: string;
  begin(problem: Problem, seed: number): Promise<Search>;
}

/**
 * @param workers trials under way at a time; the oldest of them ends next.
 * @returns the least regret.
 */
export async function run(sampler: Sampler, problem: Problem, seed: number, trials: number, workers: number) {
  const search = await sampler.begin(problem, seed);
  const underWay: { readonly number: number; readonly values: Values }[] = [];
  let best = Infinity;
  const end = async (): Promise<void> => {
    const { number, values } = underWay.shift()!;
    const regret = await problem.regret(values);
    best = Math.min(best, regret);
    await search.tell(number, regret);
  };
  for (let number = 1; number <= trials; number++) {
    if (underWay.length === workers) await end();
    underWay.push({ number, values: await search.ask(number) });
  }
  while (underWay.length > 0) await end();
  return best;
}
