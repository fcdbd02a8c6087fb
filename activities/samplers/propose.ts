/** The sampler that sweep.yaml names. Repeatable: the same sweep and number give the same answer in any process (P12). */
import { unretryable } from '../errors.ts';
import type { ResolvedSweep, SamplerOptions } from '../sweep-config/resolved-sweep.ts';
import { proposeGrid } from './grid.ts';
import { proposeRandom } from './random.ts';
import type { Sampler } from './sampler.ts';
import { bits } from './stream.ts';

type Name = Exclude<SamplerOptions['name'], 'auto'> | 'grid' | 'bayes';

const missing =
  (name: string): Sampler =>
  () => {
    throw unretryable('NoSampler', `the sampler ${name} is not part of this release. Use method: random or grid.`);
  };

const SAMPLERS: Readonly<Record<Name, Sampler>> = {
  random: proposeRandom,
  grid: proposeGrid,
  bayes: missing('of method: bayes'),
  sobol: missing('sobol'),
  tpe: missing('tpe'),
  gp: missing('gp'),
  cmaes: missing('cmaes'),
  nsga2: missing('nsga2'),
};

export const propose: Sampler = (sweep, number) => {
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`trials are numbered from 1, not ${number}`);
  return SAMPLERS[nameOf(sweep)](sweep, number);
};

/** `bayes` stands for whatever learns best in this space, with so many trials. */
function nameOf({ method, temporal }: ResolvedSweep): Name {
  if (method === 'grid') return 'grid';
  if (temporal.sampler.name !== 'auto') return temporal.sampler.name;
  return method === 'random' ? 'random' : 'bayes';
}

/** Source of every random number of a trial. 32-bit unsigned. */
export const trialSeed = (seed: number, number: number): number => bits('trial', seed, number);
