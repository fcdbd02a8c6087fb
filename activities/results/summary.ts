/** What a sweep came to: counts, the best trial, one row per trial. Pure. */
import type { Identity, TrialEnded } from '../../workflows/messages.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';

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
  /** The completed trial with the best finite objective; of equals the one with the lowest number. */
  readonly best: TrialEnded | null;
  /** In the order of their numbers. */
  readonly trials: readonly TrialEnded[];
}

export function summarize(sweep: ResolvedSweep, state: string, ended: readonly TrialEnded[]): Summary {
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
    best: bestOf(trials, metric),
    trials,
  };
}

function bestOf(trials: readonly TrialEnded[], metric: ResolvedSweep['metric']): TrialEnded | null {
  if (metric === null) return null;
  const sign = metric.goal === 'minimize' ? 1 : -1;
  let best: { readonly trial: TrialEnded; readonly loss: number } | null = null;
  for (const trial of trials) {
    if (trial.state !== 'complete' || trial.objective === null || !Number.isFinite(trial.objective)) continue;
    const loss = sign * trial.objective;
    if (best === null || loss < best.loss) best = { trial, loss };
  }
  return best?.trial ?? null;
}
