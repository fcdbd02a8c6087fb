/** What people see of a sweep: rows, status, the details of the Web UI. Pure. */
import type { Hyperparameters, SweepStatus, TrialRow } from './messages.ts';
import { isOver, samplesLeft, type Sweep } from './sweep-state.ts';

export function liveRows(sweep: Sweep): TrialRow[] {
  return sweep.live.map(({ number, hyperparameters, paused }) => ({
    number,
    state: paused === true ? 'paused' : 'running',
    hyperparameters,
    jobId: null,
    epoch: 0,
    objective: null,
    resumes: 0,
    reason: '',
  }));
}

export function status(sweep: Sweep, sweepId: string): SweepStatus {
  return {
    sweepId,
    state: stateOf(sweep),
    method: sweep.opened.method,
    metric: sweep.opened.metric,
    directory: sweep.opened.directory,
    concurrency: sweep.concurrency,
    size: sweep.size,
    started: sweep.next - 1,
    counts: { running: sweep.live.length, ...sweep.counts },
    resumes: sweep.resumes,
    best: sweep.top[0] ?? null,
    notes: sweep.queued.length === 0 ? sweep.notes : [...sweep.notes, waitingWords(sweep.queued.length)],
  };
}

const waitingWords = (count: number): string =>
  `${count} trial${count === 1 ? '' : 's'} of users (enqueueTrial, retryTrial) will be started next`;

function stateOf(sweep: Sweep): SweepStatus['state'] {
  if (sweep.cancelled) return isOver(sweep) ? 'cancelled' : 'cancelling';
  if (isOver(sweep)) return 'complete';
  if (sweep.paused) return sweep.live.some((trial) => trial.paused !== true) ? 'pausing' : 'paused';
  return samplesLeft(sweep) <= 0 ? 'finishing' : 'running';
}

/** Markdown for the sweep's details: counts and leaderboard. */
export function details(sweep: Sweep): string {
  const { counts, opened } = sweep;
  const of = sweep.size === null ? '' : ` of ${sweep.size}`;
  const head =
    `**${stateOf(sweep)}** · ${sweep.next - 1}${of} started · ${sweep.live.length} live · ${counts.complete} complete · ` +
    `${counts.failed} failed · ${counts.pruned} pruned · ${counts.cancelled} cancelled · ${sweep.resumes} resumes`;
  const rows = sweep.top.map((trial, index) => [
    index + 1,
    trial.number,
    trial.objective === null ? '-' : shortNumber(trial.objective),
    trial.epoch,
    trial.resumes,
    brief(trial.hyperparameters),
  ]);
  const header = ['#', 'trial', opened.metric?.name ?? 'objective', 'epochs', 'resumes', 'hyperparameters'];
  const line = (cells: readonly (string | number)[], gap: string): string => `| ${cells.join(`${gap} | `)} |`;
  const rule = line(
    header.map(() => '---'),
    '',
  ); // with anything but hyphens in it, it is no table
  const table = [line(header, GAP), rule, ...rows.map((cells) => line(cells, GAP))];
  const notes = sweep.notes.map((sentence) => `- ${sentence}`);
  return [head, '', ...table, '', ...notes].join('\n').slice(0, 18_000);
}

/** The Web UI sets the cells of a table side by side without any space. */
const GAP = '\u2003';

function brief(hyperparameters: Hyperparameters): string {
  const text = Object.entries(hyperparameters)
    .map(([name, value]) => `${name}=${typeof value === 'number' ? shortNumber(value) : JSON.stringify(value)}`)
    .join(' ');
  return text.replaceAll('|', '\\|').slice(0, 300);
}

const shortNumber = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(5));
