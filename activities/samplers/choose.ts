/** Which sampler a sweep has: one that knows only the trial's number, or one that learns from results. */
import type { ResolvedSweep, SamplerOptions } from '../sweep-config/resolved-sweep.ts';
import { createAuto } from './auto.ts';
import { createCmaes } from './cmaes/cmaes.ts';
import { createGp } from './gp/gp.ts';
import { proposeGrid } from './grid.ts';
import type { CreateModel } from './model.ts';
import { createNsga2 } from './nsga2/nsga2.ts';
import { proposeRandom } from './random.ts';
import type { Sampler } from './sampler.ts';
import { proposeSobol } from './sobol/sobol.ts';
import { createTpe } from './tpe/tpe.ts';

export type Choice =
  { readonly kind: 'blind'; readonly propose: Sampler } | { readonly kind: 'learns'; readonly create: CreateModel };

type Chooser = Pick<ResolvedSweep, 'method' | 'metric' | 'metrics' | 'temporal'>;

const blind = (propose: Sampler): Choice => ({ kind: 'blind', propose });
const learns = (create: CreateModel): Choice => ({ kind: 'learns', create });

/** `bayes` stands for whatever learns best in this space, with so many trials. Without a metric there is nothing to learn. */
export function chooseSampler({ method, metric, metrics, temporal: { sampler } }: Chooser): Choice {
  if (method === 'grid') return blind(proposeGrid);
  if (sampler.name !== 'auto') return named(sampler);
  if (method === 'random' || (metric === null && metrics.length === 0)) return blind(proposeRandom);
  return learns(createAuto);
}

function named(sampler: SamplerOptions): Choice {
  switch (sampler.name) {
    case 'auto':
    case 'random':
      return blind(proposeRandom);
    case 'sobol':
      return blind(proposeSobol);
    case 'tpe': {
      const { startup, candidates, settings } = sampler;
      return learns((space, options) => createTpe(space, { ...options, startup, candidates, settings }));
    }
    case 'gp': {
      const { startup } = sampler;
      return learns((space, options) => createGp(space, { ...options, startup }));
    }
    case 'cmaes': {
      const { population } = sampler;
      return learns((space, options) => createCmaes(space, { ...options, population }));
    }
    case 'nsga2': {
      const { population } = sampler;
      return learns((space, options) => createNsga2(space, { ...options, population }));
    }
  }
}
