/** Every sentence of the trial that a person reads in the Web UI: timeline rows, timers, details. */
import type { Trial } from './trial-state.ts';

const CAUSES: Readonly<Record<string, string>> = {
  limit: 'its time limit',
  preemption: 'a preemption',
  pause: 'a pause',
  lost: 'the loss of its agent',
};

/** `preemption` → `a preemption`; an error's type stays as it is. */
export const cause = (name: string): string => CAUSES[name] ?? name;

const lastCause = (trial: Trial): string => cause(trial.interruptions.at(-1) ?? 'lost');

/** "segment 2: from epoch 7, batch 31, after a preemption". */
export function segmentSummary(trial: Trial): string {
  if (trial.segment === 1) return 'segment 1: from the start';
  const from =
    trial.position === null ? 'from the start' : `from epoch ${trial.position.epoch}, batch ${trial.position.batch}`;
  return `segment ${trial.segment}: ${from}, after ${lastCause(trial)}`;
}

export function ensureSummary(trial: Trial): string {
  if (trial.ended === null) return `submit job (submission ${trial.submission})`;
  const after = trial.interruptions.length === 0 ? 'a lost launch' : lastCause(trial);
  return `requeue and release job ${trial.ended.jobId} after ${after}`;
}

export function waitSummary(trial: Trial): string {
  const job = trial.jobId === null ? 'a job' : `job ${trial.jobId}`;
  const last = trial.interruptions.at(-1);
  return last === undefined ? `waiting for SLURM: ${job}` : `waiting for SLURM: ${job}, resumes after ${cause(last)}`;
}

/** Markdown for the trial's details. */
export function details(trial: Trial, activity: string, metric: string | null): string {
  const job = trial.jobId === null ? '-' : trial.jobId;
  const { allocation, position, objective, interruptions } = trial;
  const rows = [
    ['now', activity],
    ['job', allocation === null ? job : `${job}, restart ${allocation.restartCount}, node ${allocation.node}`],
    ['segments', trial.segment === 0 ? '-' : `${trial.segment}, ${trial.resumes} of them resumed`],
    ['submissions', String(trial.submission)],
    [
      'position',
      position === null
        ? '-'
        : `epoch ${position.epoch}${position.batch === 0 ? '' : `, batch ${position.batch}`}, step ${position.step}`,
    ],
    [metric ?? 'objective', objective === null ? '-' : String(objective)],
    ['interrupted by', interruptions.length === 0 ? '-' : interruptions.map(cause).join(', ')],
  ];
  return [
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name}${GAP} | ${String(value).replaceAll('|', '\\|')} |`),
  ].join('\n');
}

/** The Web UI sets the cells of a table side by side without any space. */
const GAP = '\u2003';
