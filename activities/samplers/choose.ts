/** Which sampler a sweep has: one that knows only the trial's number, or one that learns from results. */
import type { ResolvedSweep, SamplerOptions } from '../sweep-config/resolved-sweep.ts';
import { createAuto } from './auto.ts';
import { proposeGrid } from './grid.ts';
import type { CreateModel } from './model.ts';
import { proposeRandom } from './random.ts';
import type { Sampler } from './sampler.ts';
import { proposeSobol } from './sobol/sobol.ts';
import { createTpe } from './tpe/tpe.ts';

export type Choice =
  | { readonly kind: 'blind'; readonly propose: Sampler }
  | { readonly kind: 'learns'; readonly create: CreateModel }
  /** Not part of this release. */
  | { readonly kind: 'missing'; readonly name: string };

type Name = Exclude<SamplerOptions['name'], 'auto'> | 'grid' | 'bayes';

const blind = (propose: Sampler): Choice => ({ kind: 'blind', propose });
const learns = (create: CreateModel): Choice => ({ kind: 'learns', create });
const missing = (name: string): Choice => ({ kind: 'missing', name });

const CHOICES: Readonly<Record<Name, Choice>> = {
  random: blind(proposeRandom),
  grid: blind(proposeGrid),
  sobol: blind(proposeSobol),
  bayes: learns(createAuto),
  tpe: learns(createTpe),
  gp: missing('gp'),
  cmaes: missing('cmaes'),
  nsga2: missing('nsga2'),
};

type Chooser = Pick<ResolvedSweep, 'method' | 'metric' | 'metrics' | 'temporal'>;

export const chooseSampler = (sweep: Chooser): Choice => CHOICES[nameOf(sweep)];

/** `bayes` stands for whatever learns best in this space, with so many trials. Without a metric there is nothing to learn. */
function nameOf({ method, metric, metrics, temporal }: Chooser): Name {
  if (method === 'grid') return 'grid';
  if (temporal.sampler.name !== 'auto') return temporal.sampler.name;
  return method === 'random' || (metric === null && metrics.length === 0) ? 'random' : 'bayes';
}
