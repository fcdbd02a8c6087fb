/**
 * How much each parameter decides whether a trial is among the best: PED-ANOVA (Watanabe, Bansal, Hutter 2023), with the
 * weights of its conditional form for parameters that some trials lack. Pure.
 *
 * The density of a parameter's values among the best trials is compared with that among all: a parameter whose values are
 * spread alike in both does not matter.
 */
import type { TrialEnded } from '../../workflows/messages.ts';
import { type Axis, encodeSpace } from '../samplers/encoded-space.ts';
import { fronts } from '../samplers/pareto.ts';
import { onlyActive } from '../sweep-config/conditions.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';
import { flatten } from '../sweep-config/space.ts';
import { type Compared, comparedTrials } from './compared.ts';
import { choiceMasses, orderedMasses } from './parzen-grid.ts';

export interface Importance {
  /** Its name in the search space: `a/b` for a nested one. */
  readonly parameter: string;
  /** From 0 to 1; the sum over all parameters is 1. */
  readonly importance: number;
}

/** `importance`: the greatest first, without constants. Null with the reason, a sentence, in `withoutImportance`. */
export type ImportanceResult =
  | { readonly importance: readonly Importance[]; readonly withoutImportance: null }
  | { readonly importance: null; readonly withoutImportance: string };

/** Part of the trials that counts as the best. */
const TOP = 0.1;
const LEAST_TOP = 5;
const LEAST_TRIALS = 2 * LEAST_TOP;
const CELLS = 50;
/** Keeps a quotient of masses finite. */
const FLOOR = 1e-12;

/**
 * A pruned trial counts as one that is not among the best: it was judged so, and without it the values that are bad would
 * look rare. Failed and cancelled trials, and completed ones without a finite objective, say nothing. With several
 * objectives the best are whole Pareto fronts, the outermost first. The order of the trials does not matter.
 */
export function importanceOf(
  sweep: Pick<ResolvedSweep, 'space' | 'conditions' | 'metric' | 'metrics'>,
  trials: readonly TrialEnded[],
): ImportanceResult {
  const { space } = sweep;
  const without = (withoutImportance: string): ImportanceResult => ({ importance: null, withoutImportance });
  if (sweep.metric === null && sweep.metrics.length === 0) return without('The sweep has no metric.');
  const complete = comparedTrials(sweep, trials);
  const all = [...complete.map(({ trial }) => trial), ...trials.filter(({ state }) => state === 'pruned')];
  if (complete.length < LEAST_TOP || all.length < LEAST_TRIALS) {
    return without(
      `Importance needs ${LEAST_TRIALS} trials, completed with a finite objective or pruned, and ${LEAST_TOP} of them ` +
        `completed; there are ${all.length} and ${complete.length}.`,
    );
  }
  const top = bestOf(complete, Math.max(LEAST_TOP, Math.ceil(TOP * all.length)));
  const has = presence(sweep, all);
  const found = encodeSpace(space).names.map((name) => {
    const { axes, encode } = encodeSpace({ [name]: space[name]! });
    const coordinates = new Map<TrialEnded, number>();
    for (const trial of all) {
      const point = has(trial, name) ? encode(trial.hyperparameters) : null;
      if (point !== null) coordinates.set(trial, point[0]!);
    }
    const inTop = top.flatMap((trial) => coordinates.get(trial) ?? []);
    if (inTop.length === 0) return { parameter: name, divergence: 0 };
    const weight = (inTop.length / top.length) ** 2 / (coordinates.size / all.length);
    const [best, every] = [masses(axes[0]!, inTop), masses(axes[0]!, [...coordinates.values()])];
    return { parameter: name, divergence: weight * divergence(best, every) };
  });
  if (found.length === 0) return without('Every parameter is a constant.');
  const total = found.reduce((sum, { divergence }) => sum + divergence, 0);
  if (!(total > 0)) return without('The best trials are spread over the parameters as all trials are.');
  return {
    importance: found
      .map(({ parameter, divergence }) => ({ parameter, importance: divergence / total }))
      .sort((one, other) => other.importance - one.importance),
    withoutImportance: null,
  };
}

// --- internal ---

/** At least `count` where there are so many: equals of the last one, or its whole front, come along. */
function bestOf(complete: readonly Compared[], count: number): TrialEnded[] {
  if (complete.length <= count) return complete.map(({ trial }) => trial);
  if (complete[0]!.losses.length === 1) {
    const cut = complete.map(({ losses }) => losses[0]!).sort((one, other) => one - other)[count - 1]!;
    return complete.filter(({ losses }) => losses[0]! <= cut).map(({ trial }) => trial);
  }
  const best: TrialEnded[] = [];
  for (const front of fronts(complete.map(({ losses }) => losses))) {
    if (best.length >= count) break;
    for (const index of front) best.push(complete[index]!.trial);
  }
  return best;
}

/** Whether a trial has a parameter. */
function presence(
  { space, conditions }: Pick<ResolvedSweep, 'space' | 'conditions'>,
  trials: readonly TrialEnded[],
): (trial: TrialEnded, name: string) => boolean {
  if (Object.keys(conditions).length === 0) return () => true;
  const active = new Map(
    trials.map((trial) => {
      const own = onlyActive(conditions, flatten(space, trial.hyperparameters));
      return [trial, new Set(own.map(([name]) => name))];
    }),
  );
  return (trial, name) => active.get(trial)!.has(name);
}

function masses(axis: Axis, coordinates: readonly number[]): number[] {
  const cells = axis.kind === 'choice' ? axis.count : Math.min(CELLS, axis.kind === 'step' ? axis.count : CELLS);
  const counts = Array.from({ length: cells }, () => 0);
  for (const u of coordinates) counts[axis.kind === 'choice' ? u : Math.ceil(u * (cells - 1) - 0.5)]! += 1;
  return axis.kind === 'choice' ? choiceMasses(counts) : orderedMasses(counts);
}

/** Pearson's, of the best from all. */
function divergence(top: readonly number[], all: readonly number[]): number {
  return all.reduce((sum, mass, cell) => {
    const below = mass + FLOOR;
    return sum + below * ((top[cell]! + FLOOR) / below - 1) ** 2;
  }, 0);
}
