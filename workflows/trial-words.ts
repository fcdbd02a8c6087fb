/** Every sentence of the trial that a person reads in the Web UI: timeline rows, timers, details. */
import type { FailureClass } from './activities.ts';
import type { Intent } from './messages.ts';
import type { Trial } from './trial/memory.ts';

const CAUSES: Readonly<Record<string, string>> = {
  cancel: 'a cancellation of the sweep or trial',
  deadline: "the job's deadline",
  idle: 'a notice before it began',
  limit: 'its time limit',
  lost: 'the loss of its agent',
  'node failure': 'a failure of its node',
  'out of memory': 'an out-of-memory error',
  pause: 'a pause',
  preemption: 'a preemption',
  prune: 'the pruner',
  scancel: 'an scancel of its job',
  stop: "the user's stop",
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
  if (trial.ended === null) {
    const instead = trial.replaces === null ? '' : ` in place of job ${trial.replaces}`;
    return `submit job (submission ${trial.submission})${instead}`;
  }
  const after = trial.interruptions.length === 0 ? 'a lost launch' : lastCause(trial);
  return `requeue and release job ${trial.ended.jobId} after ${after}`;
}

export function waitSummary(trial: Trial): string {
  const job = trial.jobId === null ? 'a job' : `job ${trial.jobId}`;
  const last = trial.interruptions.at(-1);
  return last === undefined ? `waiting for SLURM: ${job}` : `waiting for SLURM: ${job}, resumes after ${cause(last)}`;
}

const FAILURES: Readonly<Record<FailureClass, string>> = {
  trainer: 'an error of the trainer',
  outOfMemory: 'an out-of-memory error',
  nodeFailure: 'a failure of its node',
  unusableCheckpoint: 'an unusable checkpoint',
};

/** "an out-of-memory error (2 of 3)". @param times null: as often as it takes. */
export const failure = (name: FailureClass, failures: number, times: number | null): string =>
  `${FAILURES[name]} (${failures}${times === null ? '' : ` of ${times}`})`;

/** "waiting 30 s after an out-of-memory error (2 of 3)". */
export const backOffSummary = (seconds: number, after: string): string => `waiting ${seconds} s after ${after}`;

export interface FailedJob {
  /** SLURM's word. */
  readonly state: string;
  readonly jobId: string | null;
  readonly node: string | null;
}

/** Why a trial has failed whose job SLURM's record calls failed. */
export function failed(
  type: 'OutOfMemory' | 'NodeFailure',
  { state, jobId, node }: FailedJob,
  failures: number,
): string {
  const where = node === null ? '' : ` on ${node}`;
  const often = failures === 1 ? 'once' : `${failures} times`;
  if (type === 'NodeFailure')
    return `nodes failed ${often} under the trial (last: job ${jobId}${where}, SLURM says ${state}); retries.node_failure allows more`;
  return (
    `the trial ran out of memory ${often} (last: job ${jobId}${where}, SLURM says ${state}): give it more with "mem" under temporal.slurm, ` +
    'which may follow a hyperparameter (`mem: ${parameter:NAME}`), or for jobs to come with the update setJobOptions'
  );
}

/**
 * @param causes of the segments without progress, oldest first.
 * @param note what the agent measured: why the last one came no further.
 */
export function noProgress(step: number, causes: readonly string[], note?: string): string {
  const limits = causes.filter((name) => name === 'limit').length;
  const reason = `${causes.length} segments in a row ended where they began, at step ${step} (last: ${causes.at(-1)})`;
  if (note !== undefined) return `${reason}; ${note}`;
  // The last one's record is not read yet; it ended like the others if its agent heard the end only as a signal.
  if (limits < Math.max(1, causes.length - 1)) return reason;
  return (
    `${reason}; ${limits} of them at the job's time limit, which is too short for one batch and a checkpoint: ` +
    'raise "time" under temporal.slurm (or with setJobOptions), or make the first batch and its checkpoint quicker'
  );
}

export const launchesLost = (launches: number, why: string): string =>
  `${launches} launches in a row never announced themselves (last: ${why})`;

const ENDS: Readonly<Record<Exclude<Intent, 'pause'>, string>> = {
  cancel: 'the workflow was cancelled',
  prune: 'pruned',
  stop: 'stopped by the user',
};

/** The reason of a trial that ended because we wanted it to. */
export const endedBy = (intent: Exclude<Intent, 'pause'>): string => ENDS[intent];

/** @param by a user's name or id, where accounting tells. */
export function scancelled(reason: string, by: string | undefined): string {
  if (by === undefined || by === '' || reason.includes(` by ${by}`)) return reason;
  return `${reason} by ${by === '0' || by === 'root' ? 'root, an administrator' : by}`;
}

/** "waiting: SLURM limits queued jobs (QOSMaxSubmitJobPerUserLimit)". */
export function limitSummary(message: string): string {
  const word = /\b(?:QOS|Assoc|Max)[A-Z]\w+/i.exec(message)?.[0];
  return `waiting: SLURM limits queued jobs (${word ?? message.trim().replaceAll(/\s+/g, ' ').slice(0, 80)})`;
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
    ['interrupted by', interruptions.length === 0 ? '-' : counted(interruptions)],
    ...(trial.excludeNodes.length === 0 ? [] : [['keeps away from', trial.excludeNodes.join(', ')]]),
  ];
  return [
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name}${GAP} | ${String(value).replaceAll('|', '\\|')} |`),
  ].join('\n');
}

/** "a preemption ×3, its time limit", in the order in which each came first. */
function counted(interruptions: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of interruptions) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? cause(name) : `${cause(name)} ×${count}`)).join(', ');
}

/** The Web UI sets the cells of a table side by side without any space. */
const GAP = '\u2003';
