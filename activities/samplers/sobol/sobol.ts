/** Scrambled Sobol points: random search whose trials keep apart from each other. Never ends. */
import { onlyActive } from '../../sweep-config/conditions.ts';
import { ppf } from '../../sweep-config/ppf.ts';
import { nest, parametersOf } from '../../sweep-config/space.ts';
import type { Json } from '../../../workflows/messages.ts';
import type { Sampler } from '../sampler.ts';
import { uniform } from '../stream.ts';
import { MOST_AXES, scrambledSobol } from './sequence.ts';

/** Parameters beyond the table of direction numbers are drawn independently. */
export const proposeSobol: Sampler = ({ space, conditions, temporal: { seed } }, number) => {
  let axis = 0;
  const values = parametersOf(space).map(([name, distribution]): [string, Json] => {
    if (distribution.distribution === 'constant') return [name, distribution.value];
    const at = axis++;
    const u = at < MOST_AXES ? scrambledSobol(number - 1, at, seed) : uniform('sobol', seed, number, name);
    return [name, ppf(distribution, u)];
  });
  return nest(onlyActive(conditions, values));
};
