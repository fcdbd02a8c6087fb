/** All combinations in W&B's order, each once. Null past the end. */
import { gridPoint } from '../sweep-config/conditional-grid.ts';
import { nest } from '../sweep-config/space.ts';
import type { Sampler } from './sampler.ts';

export const proposeGrid: Sampler = ({ space, conditions }, number) => {
  const point = gridPoint(space, conditions, number - 1);
  return point && nest(point);
};
