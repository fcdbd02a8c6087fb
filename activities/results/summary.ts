/** What a sweep came to: counts, the best trials, what decided, one row per trial. Pure. */
import type { Identity, TrialEnded } from '../../workflows/messages.ts';
import { paretoFront } from '../samplers/pareto.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';
import type { Best } from './best.ts';
import { comparedTrials } from './compared.ts';
import { type ImportanceResult, importanceOf } from './importance.ts';

/** The content of `results.json`. */
export interface Summary {
  readonly version: 1;
  readonly sweep: Identity &
    Pick<ResolvedSweep, 'name' | 'source' | 'method' | 'metric' | 'metrics' | 'size'> & { readonly seed: number };
  /** The sweep's state when this was written. */
  readonly state: string;
  readonly counts: Readonly<Record<TrialEnded['state'], number>> & { readonly total: number };
  /** Interruptions of all trials from which they went on. */
  readonly resumes: number;
  readonly best: Best | null;
  /**
   * With several objectives, numbers of the completed trials to which no other is better in one and as good in all; null
   * with one or none.
   */
  readonly front: readonly number[] | null;
  /** Which parameters decide whether a trial is among the best, the greatest first. */
  readonly importance: ImportanceResult['importance'];
  /** Why there is no importance, a sentence; null when there is. */
  readonly withoutImportance: ImportanceResult['withoutImportance'];
  /** In the order of their numbers. */
  readonly trials: readonly TrialEnded[];
}

export function summarize(
  sweep: ResolvedSweep,
  state: string,
  ended: readonly TrialEnded[],
  best: Best | null,
): Summary {
  const trials = ended.toSorted((a, b) => a.number - b.number);
  const count = (wanted: TrialEnded['state']) => trials.filter((trial) => trial.state === wanted).length;
  const { identity, name, source, method, metric, metrics, size, temporal } = sweep;
  return {
    version: 1,
    sweep: { ...identity, name, source, method, metric, metrics, size, seed: temporal.seed },
    state,
    counts: {
      complete: count('complete'),
      pruned: count('pruned'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      total: trials.length,
    },
    resumes: trials.reduce((sum, trial) => sum + trial.resumes, 0),
    best,
    front: metrics.length === 0 ? null : frontOf(sweep, trials),
    ...importanceOf(sweep, trials),
    trials,
  };
}

function frontOf(sweep: ResolvedSweep, trials: readonly TrialEnded[]): number[] {
  const points = comparedTrials(sweep, trials);
  return paretoFront(points.map(({ losses }) => losses)).map((index) => points[index]!.trial.number);
}
