/** Pure text of `temporal sweep results`. */
import type { Summary } from '../../activities/results/summary.ts';
import { NOT_VERIFIED } from '../../activities/results/verified.ts';
import type { TrialEnded } from '../../workflows/messages.ts';
import { commandText, hyperparametersText, short, table } from './table.ts';

export function renderResults(summary: Summary): string {
  const { trials } = summary;
  return [table(...rowsOf(summary)), ...verdicts(trials), ...bestText(summary), '', importanceText(summary)].join('\n');
}

/** Best first; with several objectives those of the front first, by number. */
function rowsOf({ sweep, front, trials }: Summary): [header: string[], rows: string[][]] {
  const { metric, metrics } = sweep;
  const sign = metric?.goal === 'maximize' ? -1 : 1;
  const inFront = front === null ? null : new Set(front);
  const key = ({ number, objective }: TrialEnded): number => {
    if (inFront !== null) return inFront.has(number) ? 0 : 1;
    return objective === null ? Infinity : sign * objective;
  };
  const keys = new Map(trials.map((trial) => [trial, key(trial)]));
  const ordered = trials.toSorted((one, other) => {
    const [a, b] = [keys.get(one)!, keys.get(other)!];
    return a === b ? one.number - other.number : a - b;
  });
  const objectives = metrics.length === 0 ? [metric?.name ?? 'objective'] : metrics.map(({ name }) => name);
  return [
    ['trial', 'state', ...objectives, 'epoch', 'resumes', 'hyperparameters', 'reason'],
    ordered.map((trial) => [
      String(trial.number),
      trial.state,
      ...(metrics.length === 0
        ? [short(trial.objective)]
        : objectives.map((name) => short(Object.hasOwn(trial.metrics, name) ? trial.metrics[name] : null))),
      String(trial.epoch),
      String(trial.resumes),
      hyperparametersText(trial.hyperparameters),
      trial.reason,
    ]),
  ];
}

/** One line for each of the verdicts: most sweeps have but one script. */
function verdicts(trials: readonly TrialEnded[]): string[] {
  const all = trials.map(({ verified }) => verified ?? NOT_VERIFIED);
  return [...new Set(all)].map(
    (text) => `verified: ${text}: ${all.filter((other) => other === text).length} of ${all.length} trials`,
  );
}

function bestText({ best, front }: Summary): string[] {
  if (front !== null) return ['', `Pareto front: ${front.length === 0 ? 'none' : `trials ${front.join(', ')}`}`];
  if (best === null) return [];
  return [
    '',
    `best: trial ${best.number}: ${commandText(best.command)}`,
    ...(best.checkpoint === null ? [] : [`checkpoint: ${best.checkpoint}`]),
    ...(best.model === null ? [] : [`model: ${best.model}`]),
  ];
}

function importanceText({ importance, withoutImportance }: Summary): string {
  if (importance === null) return `no importance: ${withoutImportance}`;
  const rows = importance.map(({ parameter, importance: part }) => [parameter, part.toFixed(3)]);
  return table(['parameter', 'importance'], rows);
}
