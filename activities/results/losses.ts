/** What trials came to, as numbers of which smaller is better. Pure. */
import type { TrialEnded } from '../../workflows/messages.ts';
import type { Objective, ResolvedSweep } from '../sweep-config/resolved-sweep.ts';

/** One number per objective; null where one is missing or not finite. */
export function lossesOf(
  { metric, metrics }: Pick<ResolvedSweep, 'metric' | 'metrics'>,
  trial: TrialEnded,
): number[] | null {
  const loss = ({ goal }: Objective, value: number): number => (goal === 'maximize' ? -value : value);
  const losses =
    metric === null
      ? metrics.map((objective) =>
          loss(objective, Object.hasOwn(trial.metrics, objective.name) ? Number(trial.metrics[objective.name]) : NaN),
        )
      : [trial.objective === null ? NaN : loss(metric, trial.objective)];
  return losses.length > 0 && losses.every(Number.isFinite) ? losses : null;
}
