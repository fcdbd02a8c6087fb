/** All combinations in W&B's order: parameters by name, the last one fastest. Null past the end. */
import type { Json } from '../../workflows/messages.ts';
import { gridLength, gridValue, nest, parametersOf } from '../sweep-config/space.ts';
import type { Sampler } from './sampler.ts';

export const proposeGrid: Sampler = ({ space }, number) => {
  const point: [string, Json][] = [];
  let rest = number - 1;
  for (const [name, distribution] of parametersOf(space).reverse()) {
    const length = gridLength(distribution);
    if (length === null) throw new Error(`${name}: ${distribution.distribution} has no grid`);
    if (length === 0) return null;
    point.push([name, gridValue(distribution, rest % length)]);
    rest = Math.floor(rest / length);
  }
  return rest === 0 ? nest(point.reverse()) : null;
};
