/** The key `temporal.sampler`: a word, or a mapping of the word and its options. */
import { type Fields, fieldsOf } from './fields.ts';
import type { Method, SamplerOptions } from './resolved-sweep.ts';

type Name = SamplerOptions['name'];

/** Options of each sampler besides `name`. */
const KEYS: Readonly<Record<Name, readonly string[]>> = {
  auto: [],
  random: [],
  sobol: [],
  tpe: ['startup', 'candidates', 'settings'],
  gp: ['startup'],
  cmaes: ['population'],
  nsga2: ['population'],
};
const NAMES = Object.keys(KEYS) as Name[];
/** Those that learn from no metric. */
const BLIND: readonly Name[] = ['auto', 'random', 'sobol'];

export interface Surroundings {
  readonly method: Method | null;
  /** Objectives of the sweep: 0, 1 or more. */
  readonly objectives: number;
}

export function readSampler(fields: Fields, surroundings: Surroundings): SamplerOptions {
  const value = fields.get('sampler');
  if (value === null) return { name: 'auto' };
  const { report } = fields;
  const options = value.kind === 'mapping' ? fieldsOf(value, report) : null;
  if (options !== null && !options.has('name'))
    report.problem(value, `needs "name": one of ${NAMES.join(', ')}, such as { name: tpe, startup: 20 }.`);
  const name = options === null ? fields.oneOf('sampler', NAMES) : options.oneOf('name', NAMES);
  if (name === null) return { name: 'auto' };
  options?.only(['name', ...KEYS[name]]);
  const wrong = unsuitable(name, surroundings);
  if (wrong !== null) report.problem(value, wrong);
  const startup = options?.integer('startup', 1, 1_000_000) ?? 10;
  const population = options?.integer('population', 2, 100_000) ?? null;
  switch (name) {
    case 'auto':
    case 'random':
    case 'sobol':
      return { name };
    case 'tpe':
      return {
        name,
        startup,
        candidates: options?.integer('candidates', 1, 100_000) ?? 24,
        settings: options?.oneOf('settings', ['watanabe', 'optuna']) ?? 'watanabe',
      };
    case 'gp':
      return { name, startup };
    case 'cmaes':
    case 'nsga2':
      return { name, population };
  }
}

/** Null when the sampler can do what the sweep asks. */
function unsuitable(name: Name, { method, objectives }: Surroundings): string | null {
  if (method === 'grid')
    return name === 'auto' ? null : `${name} has no place in a grid. Remove it, or use method: bayes.`;
  if (BLIND.includes(name)) return null;
  if (method === 'random') return `${name} learns from results, and method: random does not. Write method: bayes.`;
  if (objectives === 0)
    return `${name} learns from a metric, and there is none. Add metric: { name: loss, goal: minimize }.`;
  if (objectives > 1 && (name === 'gp' || name === 'cmaes'))
    return `${name} takes one metric, and there are ${objectives}. Use tpe or nsga2.`;
  return objectives === 1 && name === 'nsga2' ? 'nsga2 takes two metrics or more. Use tpe, gp or cmaes.' : null;
}
