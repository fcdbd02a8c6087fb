/** Independent draws from every distribution, keyed by (seed, trial number, parameter's name). Never ends. */
import { onlyActive } from '../sweep-config/conditions.ts';
import { ppf } from '../sweep-config/ppf.ts';
import { nest, parametersOf } from '../sweep-config/space.ts';
import type { Sampler } from './sampler.ts';
import { uniform } from './stream.ts';

export const proposeRandom: Sampler = ({ space, conditions, temporal }, number) =>
  nest(
    onlyActive(
      conditions,
      parametersOf(space).map(([name, distribution]) => {
        const constant = distribution.distribution === 'constant';
        return [name, ppf(distribution, constant ? 0 : uniform('random', temporal.seed, number, name))] as const;
      }),
    ),
  );
