/** Which disaster is made next, and to whom: one at a time reads better. Pure, an answer per view of the sweep. */
import type { LiveTrial, SweepView } from '../cli/view.ts';

export type Kind = 'preemption' | 'kill';

/** A disaster that was made. */
export interface Made {
  readonly kind: Kind;
  readonly trial: number;
  /** The segment that was to end by it. */
  readonly segment: number;
  /** Numbers of the trial's interruptions and resumes before. */
  readonly interruptions: number;
  readonly resumes: number;
}

const CAUSE: Readonly<Record<Kind, string>> = { preemption: 'preemption', kill: 'lost' };
/** A trial may end, or meet its time limit, in the very moment in which it was to be interrupted. */
const TRIES = 3;

/** @returns null when there is nothing to do now: all is made, the last one is under way, or no trial is ready. */
export function nextDisaster(
  view: SweepView,
  made: readonly Made[],
  epochs: number,
): { readonly kind: Kind; readonly victim: LiveTrial } | null {
  for (const kind of ['preemption', 'kill'] as const) {
    const tries = made.filter((one) => one.kind === kind);
    const came = tries.length === 0 ? 'missed' : whatCame(view, tries.at(-1)!);
    if (came === 'pending') return null;
    if (came === 'happened' || tries.length >= TRIES) continue;
    const victim = choose(view.live, made, epochs);
    return victim === null ? null : { kind, victim };
  }
  return null;
}

/** `happened` once the trial trains again; `missed` when it was interrupted by something else, or ended before. */
export function whatCame(view: SweepView, made: Made): 'pending' | 'happened' | 'missed' {
  const live = view.live.find((trial) => trial.number === made.trial);
  if (live === undefined) {
    const row = view.leaders.find((leader) => leader.number === made.trial);
    return row !== undefined && row.resumes > made.resumes ? 'happened' : 'missed';
  }
  const since = live.interruptions.slice(made.interruptions);
  if (since.length === 0 || live.segments <= made.segment || live.heartbeat === null) return 'pending';
  return since.includes(CAUSE[made.kind]) ? 'happened' : 'missed';
}

/** One that no disaster of ours has met; of those the one with the fewest interruptions. */
function choose(live: readonly LiveTrial[], made: readonly Made[], epochs: number): LiveTrial | null {
  const weight = (trial: LiveTrial): number =>
    trial.interruptions.length + (made.some((one) => one.trial === trial.number) ? 1_000 : 0);
  return live.filter((trial) => isReady(trial, epochs)).toSorted((a, b) => weight(a) - weight(b))[0] ?? null;
}

/** Has something to lose in this segment, and enough left to be still there when the disaster comes. */
function isReady({ state, node, heartbeat, position }: LiveTrial, epochs: number): boolean {
  if (state !== 'running' || node === null || heartbeat === null) return false;
  const trained = heartbeat.epoch - (position?.epoch ?? 0);
  return trained >= Math.max(1, epochs / 15) && heartbeat.epoch <= epochs * 0.75;
}
