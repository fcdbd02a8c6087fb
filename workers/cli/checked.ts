/** What `temporal sweep check` tells: a sweep.yaml as it was understood, and its first trials. Pure but for the files it reads. */
import { firstProposals } from '../../activities/samplers/first-proposals.ts';
import { renderCommand } from '../../activities/sweep-config/command.ts';
import { pythonRepr } from '../../activities/sweep-config/python.ts';
import { type ReadSweepOptions, readSweep } from '../../activities/sweep-config/read.ts';
import type { Distribution, ResolvedSweep } from '../../activities/sweep-config/resolved-sweep.ts';
import { flatten } from '../../activities/sweep-config/space.ts';
import type { Hyperparameters, Json } from '../../workflows/messages.ts';
import { commandText, table } from './table.ts';

export type Checked =
  | {
      readonly ok: true;
      /** `sweep.json`, without the identity that a sweep gets when it is started. */
      readonly sweep: Omit<ResolvedSweep, 'identity'>;
      /** Of the first trials, at most ten. */
      readonly proposals: readonly Hyperparameters[];
      /** Command line of the first trial. */
      readonly command: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[]; readonly warnings: readonly string[] };

const NOBODY = { namespace: '', sweepId: '', firstRunId: '' };
const PROPOSALS = 10;
/** Stands for a file that every trial has of its own. */
const ARGUMENTS_FILE = 'TRIAL/arguments.json';

export function checkSweep(file: string, options: Pick<ReadSweepOptions, 'baseDirectory' | 'strict'>): Checked {
  const read = readSweep(file, { ...options, identity: NOBODY, allowInline: false });
  const { warnings } = read;
  if (!read.ok) return { ok: false, problems: read.problems.map(({ text }) => text), warnings };
  const { identity: _, ...sweep } = read.sweep;
  const proposals = firstProposals(read.sweep, Math.min(PROPOSALS, read.sweep.size ?? PROPOSALS));
  const [first] = proposals;
  const surroundings = { environment: process.env, argumentsFile: ARGUMENTS_FILE };
  const command = first === undefined ? [] : renderCommand(read.sweep, first, surroundings);
  return { ok: true, sweep, proposals, command, warnings };
}

export function renderChecked(checked: Checked): string {
  const warnings = checked.warnings.map((text) => `warning: ${text}`);
  if (!checked.ok) return [...checked.problems.map((text) => `error: ${text}`), ...warnings].join('\n');
  const { sweep, proposals, command } = checked;
  const names = Object.keys(sweep.space);
  const parameters = names.map((name) => [
    name,
    sweep.space[name]!.distribution,
    valuesText(sweep, name),
    conditionText(sweep, name),
  ]);
  const rows = proposals.map((hyperparameters, index) => {
    const values = new Map(flatten(sweep.space, hyperparameters));
    return [String(index + 1), ...names.map((name) => cell(sweep, name, values.get(name) ?? null))];
  });
  return [
    headline(sweep),
    '',
    table(['parameter', 'distribution', 'values', 'only when'], parameters),
    '',
    table(['trial', ...names], rows),
    '',
    `trial 1 runs: ${commandText(command)}`,
    ...(warnings.length === 0 ? [] : ['', ...warnings]),
  ].join('\n');
}

function headline({ method, metric, metrics, size, temporal }: Omit<ResolvedSweep, 'identity'>): string {
  const objectives = metric === null ? metrics : [metric];
  const goals = objectives.map(({ name, goal }) => `${goal} ${name}`).join(', ') || 'no metric';
  const sampler = temporal.sampler.name === 'auto' ? '' : ` (sampler ${temporal.sampler.name})`;
  return `method ${method}${sampler}; ${goals}; ${size === null ? 'no end' : `${size} trials`}; seed ${temporal.seed}`;
}

function valuesText({ space, floats }: Pick<ResolvedSweep, 'space' | 'floats'>, name: string): string {
  const distribution: Distribution = space[name]!;
  const print = (value: Json): string => shortened(pythonRepr(value, () => floats.includes(name)));
  const step = 'q' in distribution ? `, steps of ${distribution.q}` : '';
  if ('values' in distribution) {
    const { values } = distribution;
    const chance = (index: number): string =>
      'probabilities' in distribution ? ` (${distribution.probabilities[index]})` : '';
    return shortened(values.map((value, index) => print(value) + chance(index)).join(', '));
  }
  if ('value' in distribution) return print(distribution.value);
  if ('min' in distribution) return `${print(distribution.min)} to ${print(distribution.max)}${step}`;
  if ('mu' in distribution) return `mu ${distribution.mu}, sigma ${distribution.sigma}${step}`;
  return `a ${distribution.a}, b ${distribution.b}${step}`;
}

function conditionText({ conditions }: Pick<ResolvedSweep, 'conditions'>, name: string): string {
  const requirements = Object.hasOwn(conditions, name) ? conditions[name]! : [];
  return requirements
    .map(({ parameter, values }) => `${parameter} is ${values.map((value) => JSON.stringify(value)).join(' or ')}`)
    .join(', ');
}

/** A parameter that a trial does not have is a dash. */
function cell({ floats, conditions }: Omit<ResolvedSweep, 'identity'>, name: string, value: Json): string {
  if (value === null && Object.hasOwn(conditions, name)) return '-';
  return shortened(
    pythonRepr(value, () => floats.includes(name)),
    24,
  );
}

const shortened = (text: string, most = 60): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
