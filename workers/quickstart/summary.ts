/** What the quickstart tells at its end. Pure. */
import type { TrialEnded } from '../../workflows/messages.ts';
import { hyperparametersText, short, table } from '../cli/table.ts';
import type { Cost } from './costs.ts';

const NAMES: Readonly<Record<string, string>> = {
  limit: 'time limit',
  preemption: 'preemption',
  lost: 'agent killed',
  idle: 'notice while starting',
};

/** Where to find things again; paths as the user may type them. */
export interface Places {
  readonly directory: string;
  readonly root: string;
  readonly sweep: string;
  readonly sweepId: string;
  readonly port: number;
}

export function summary(trials: readonly TrialEnded[], costs: readonly Cost[], places: Places): string {
  const best = trials.filter((trial) => trial.objective !== null).toSorted((a, b) => a.objective! - b.objective!)[0];
  const ordered = trials.toSorted((a, b) => a.number - b.number);
  return [
    '',
    best === undefined
      ? 'No trial has a loss.'
      : `Best: trial ${best.number}, loss ${short(best.objective)}, ${hyperparametersText(best.hyperparameters)}`,
    '',
    table(
      ['trial', 'state', 'epochs', 'loss', 'resumes', 'interrupted by'],
      ordered.map((trial) => [
        String(trial.number),
        trial.state,
        String(trial.epoch),
        short(trial.objective),
        String(trial.resumes),
        trial.interruptions.map((name) => NAMES[name] ?? name).join(', ') || '-',
      ]),
    ),
    '',
    'What each interruption cost, from the end of one segment to the beginning of the next:',
    table(
      ['trial', 'cause', 'seconds', 'batches trained twice'],
      costs.map(({ trial, cause, seconds, batches }) => [
        String(trial),
        NAMES[cause] ?? cause,
        Number.isNaN(seconds) ? '-' : seconds.toFixed(1),
        String(batches),
      ]),
    ),
    '',
    `Files         ${places.sweep}/`,
    '                results.csv                                all trials, and results.json the same for programs',
    '                best.yaml                                  a sweep.yaml that trains the best once more',
    '                trials/<n>/metrics.jsonl                   one row per epoch',
    '                trials/<n>/best/checkpoint.safetensors     the weights',
    `Look again    npx temporal-sweep dev --directory ${quoted(places.directory)} --root ${quoted(places.root)} --port ${places.port}`,
    `              then http://127.0.0.1:${places.port + 1_000}/namespaces/default/workflows/${places.sweepId}`,
  ].join('\n');
}

/** A word of a shell's command line. */
const quoted = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

/** Which of the promised interruptions no trial has met. */
export function unmet(trials: readonly TrialEnded[]): string[] {
  const met = new Set(trials.flatMap((trial) => trial.interruptions));
  return ['limit', 'preemption', 'lost'].filter((cause) => !met.has(cause)).map((cause) => NAMES[cause]!);
}
