/** Pure texts of the CLI's views. */
import type { CallReport } from '../../activities/scheduler/call-rate.ts';
import { hyperparametersText, short, table } from './table.ts';
import type { LiveTrial, SweepView } from './view.ts';

const HEADER = ['trial', 'state', 'job', 'epoch', 'loss', 'resumes', 'hyperparameters'];

export function renderSweep(view: SweepView): string {
  const { status } = view;
  const of = status.size === null ? '' : ` of ${status.size}`;
  const { counts } = status;
  const head =
    `${status.sweepId}: ${status.state}, ${status.started}${of} started, ${counts.running} live, ${counts.complete} complete, ` +
    `${counts.failed} failed, ${counts.pruned} pruned, ${counts.cancelled} cancelled, ${status.resumes + sum(view.live)} resumes`;
  const calls = view.calls === null ? [] : [renderCalls(view.calls)];
  return [head, ...status.notes.map((note) => `! ${note}`), ...calls, '', renderTrials(view)].join('\n');
}

/** `scheduler calls in the last 12 min: 24 squeue, 3 sbatch; 1 unanswered`. */
export function renderCalls({ since, until, commands }: CallReport): string {
  const minutes = Math.max(1, Math.round((until - since) / 60_000));
  const sorted = Object.entries(commands).sort(([, one], [, other]) => other.calls - one.calls);
  const counts = sorted.map(([command, { calls }]) => `${calls} ${command}`).join(', ') || 'none';
  const troubles = (['refused', 'unanswered', 'throttled'] as const).flatMap((kind) => {
    const count = sorted.reduce((total, [, one]) => total + one[kind], 0);
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  const period = minutes >= 60 ? 'hour' : `${minutes} min`;
  return [`scheduler calls in the last ${period}: ${counts}`, ...troubles].join('; ');
}

const sum = (live: readonly LiveTrial[]): number => live.reduce((total, trial) => total + trial.resumes, 0);

export function renderTrials(view: SweepView): string {
  const metric = view.status.metric?.name ?? 'loss';
  const live = view.live.map((trial) => [
    String(trial.number),
    trial.state,
    trial.jobId ?? '-',
    progress(trial),
    short(trial.heartbeat?.loss),
    String(trial.resumes),
    hyperparametersText(trial.hyperparameters),
  ]);
  const leaders = view.leaders.map((row) => [
    String(row.number),
    row.state,
    '-',
    String(row.epoch),
    short(row.objective),
    String(row.resumes),
    hyperparametersText(row.hyperparameters),
  ]);
  return table(
    HEADER.map((name) => (name === 'loss' ? metric : name)),
    [...live, ...leaders],
  );
}

/** Finished epochs, and where in the next one: `98, batch 3/32`. */
function progress(trial: LiveTrial): string {
  const at = trial.heartbeat ?? trial.position;
  if (at === null) return '-';
  const of = trial.heartbeat !== null && trial.heartbeat.batches > 0 ? `/${trial.heartbeat.batches}` : '';
  return at.batch === 0 ? String(at.epoch) : `${at.epoch}, batch ${at.batch}${of}`;
}

/** One plain line per trial that changed since `before`: for logs and pipes. */
export function changes(before: SweepView | null, now: SweepView): string[] {
  const was = new Map(before?.live.map((trial) => [trial.number, trial]));
  const told = new Set(before?.leaders.map((row) => row.number));
  return [
    ...now.live.flatMap((trial) => {
      const old = was.get(trial.number);
      const same =
        old !== undefined && old.state === trial.state && old.jobId === trial.jobId && old.resumes === trial.resumes;
      return same
        ? []
        : [
            `trial ${trial.number} ${trial.state} job ${trial.jobId ?? '-'} epoch ${progress(trial)} resumes ${trial.resumes}: ${trial.activity}`,
          ];
    }),
    ...now.leaders
      .filter((row) => !told.has(row.number))
      .map(
        (row) =>
          `trial ${row.number} complete epoch ${row.epoch} ${now.status.metric?.name ?? 'objective'} ${short(row.objective)} resumes ${row.resumes}`,
      ),
  ];
}
