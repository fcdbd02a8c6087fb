/**
 * What `method: bayes` means: a Gaussian process as long as it is affordable and few dimensions let it know distances, then
 * the tree-structured Parzen estimator. The GP finds better points in fewer trials, but its cost grows with the cube of the
 * trials; beyond some twenty parameters its length scales say little.
 */
import { createGp } from './gp/gp.ts';
import type { CreateModel, Model } from './model.ts';
import { createTpe } from './tpe/tpe.ts';

/** Trials told up to which the first model is asked. */
const MOST_TRIALS = 200;
const MOST_PARAMETERS = 20;

export const createAuto: CreateModel = (space, options) => {
  const later = createTpe(space, options);
  const wide = space.axes.length > MOST_PARAMETERS || options.objectives > 1;
  let early: Model | null = wide ? null : createGp(space, options);
  let told = 0;
  return {
    tell(observation) {
      later.tell(observation);
      told += 1;
      if (told > MOST_TRIALS) early = null;
      else early?.tell(observation);
    },
    ask: (number, pending) => (early ?? later).ask(number, pending),
  };
};
