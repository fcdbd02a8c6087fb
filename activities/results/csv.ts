/** `results.csv`: RFC 4180, one row per trial, hyperparameters and metrics as columns. Pure. */
import type { Json, TrialEnded } from '../../workflows/messages.ts';
import { flatten, NESTED } from '../sweep-config/space.ts';
import { NOT_VERIFIED } from './verified.ts';
import type { SearchSpace } from '../sweep-config/resolved-sweep.ts';

const BEFORE = ['number', 'state', 'objective'] as const;
const AFTER = ['epoch', 'step', 'segments', 'resumes', 'interruptions', 'reason'] as const;
type Column = readonly [name: string, value: (trial: TrialEnded) => Json | undefined];
const VERIFIED: Column = ['verified', ({ verified }) => verified ?? NOT_VERIFIED];

/**
 * Nested parameters are joined by a point: `optimizer.lr`. A name that would stand twice is told apart: `metric.lr`.
 * Lists and mappings are JSON; null and missing values are empty.
 */
export function toCsv(space: SearchSpace, trials: readonly TrialEnded[]): string {
  const metrics = [...new Set(trials.flatMap((trial) => Object.keys(trial.metrics)))].sort();
  const own = (name: (typeof BEFORE)[number] | (typeof AFTER)[number]): Column => [name, (trial) => trial[name]];
  const columns: Column[] = BEFORE.map(own);
  const taken = new Set<string>([...BEFORE, ...AFTER, VERIFIED[0]]);
  const add = (name: string, prefix: string, value: Column[1]): void => {
    let free = name;
    while (taken.has(free)) free = `${prefix}.${free}`;
    taken.add(free);
    columns.push([free, value]);
  };
  const values = new Map(trials.map((trial) => [trial, new Map(flatten(space, trial.hyperparameters))]));
  for (const [name] of flatten(space, {})) {
    add(name.replaceAll(NESTED, '.'), 'hyperparameter', (trial) => values.get(trial)!.get(name));
  }
  for (const name of metrics) {
    add(name, 'metric', (trial) => (Object.hasOwn(trial.metrics, name) ? trial.metrics[name] : undefined));
  }
  columns.push(...AFTER.map(own), VERIFIED);
  const rows = [
    columns.map(([name]) => name),
    ...trials.map((trial) => columns.map(([, value]) => cell(value(trial)))),
  ];
  return rows.map((row) => `${row.map(escape).join(',')}\r\n`).join('');
}

function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(' ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const escape = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
