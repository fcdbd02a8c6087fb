/** Proposals of samplers that know only a number. Repeatable: the same sweep and number give the same answer in any process (P12). */
import type { Hyperparameters } from '../../workflows/messages.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';
import { complete } from '../sweep-config/given.ts';
import { chooseSampler } from './choose.ts';
import { proposeRandom } from './random.ts';
import type { Sampler } from './sampler.ts';
import { bits } from './stream.ts';

export const propose: Sampler = (sweep, number) => {
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`trials are numbered from 1, not ${number}`);
  const choice = chooseSampler(sweep);
  if (choice.kind === 'blind') return choice.propose(sweep, number);
  throw new Error('this sampler learns: ask it with a history');
};

/**
 * @param given hyperparameters of the first numbers, from users; what they leave out is drawn at random.
 * @param skipped trials before these whose hyperparameters users gave: a grid loses no point to them.
 * @returns fewer answers than numbers when a finite space ends.
 */
export function proposeBlind(
  sweep: ResolvedSweep,
  numbers: readonly number[],
  given: readonly Hyperparameters[],
  skipped: number,
): Hyperparameters[] {
  const answers: Hyperparameters[] = [];
  for (const [index, number] of numbers.entries()) {
    const asked = given[index];
    const answer =
      asked === undefined
        ? propose(sweep, number - skipped - given.length)
        : complete(sweep, asked, proposeRandom(sweep, number)!);
    if (answer === null) break;
    answers.push(answer);
  }
  return answers;
}

/** Source of every random number of a trial. 32-bit unsigned. */
export const trialSeed = (seed: number, number: number): number => bits('trial', seed, number);
