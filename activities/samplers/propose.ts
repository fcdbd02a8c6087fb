/** The sampler that `method` names. Repeatable: the same sweep and number give the same answer in any process (P12). */
import { proposeGrid } from './grid.ts';
import { proposeRandom } from './random.ts';
import type { Sampler } from './sampler.ts';
import { bits } from './stream.ts';

const SAMPLERS = { random: proposeRandom, grid: proposeGrid } satisfies Record<string, Sampler>;

export const propose: Sampler = (sweep, number) => {
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`trials are numbered from 1, not ${number}`);
  return SAMPLERS[sweep.method](sweep, number);
};

/** Source of every random number of a trial. 32-bit unsigned. */
export const trialSeed = (seed: number, number: number): number => bits('trial', seed, number);
