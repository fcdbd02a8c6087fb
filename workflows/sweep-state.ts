/** The sweep's memory, pure: which numbers run, what came of them, who leads. Carried whole through continue-as-new. */
import type { AskInput, OpenedSweep } from './activities.ts';
import type { Hyperparameters, JobOptions, TrialEnded, TrialRow } from './messages.ts';

export const TOP = 20;
export const MAX_CONCURRENCY = 1_000;

export interface Live {
  readonly number: number;
  readonly hyperparameters: Hyperparameters;
  /** It has checkpointed and given its job back. */
  readonly paused?: true;
}

export interface Sweep {
  readonly opened: OpenedSweep;
  readonly concurrency: number;
  readonly size: number | null;
  /** The next trial's number. */
  readonly next: number;
  /** The search space has no more to give. */
  readonly exhausted: boolean;
  /** A trial has reached the metric's target. */
  readonly reached: boolean;
  /** Hyperparameters that users gave, some or all, for trials that have not started; in their order. */
  readonly queued: readonly Hyperparameters[];
  /** Trials started with hyperparameters that users gave. */
  readonly given: number;
  readonly live: readonly Live[];
  /** Ended and not yet in `trials.jsonl`, in the order of their `trialEnded`. */
  readonly unrecorded: readonly TrialEnded[];
  /** Length of `trials.jsonl` in bytes. */
  readonly offset: number;
  readonly counts: Readonly<Record<'complete' | 'pruned' | 'failed' | 'cancelled', number>>;
  readonly resumes: number;
  /** The best `TOP` complete trials, best first. */
  readonly top: readonly TrialRow[];
  readonly paused: boolean;
  readonly cancelled: boolean;
  readonly notes: readonly string[];
}

export function newSweep(opened: OpenedSweep): Sweep {
  const missing = opened.missingSearchAttributes;
  const notes =
    missing.length === 0
      ? opened.warnings
      : [...opened.warnings, `search attributes missing in this namespace, trials go without: ${missing.join(', ')}`];
  return {
    opened,
    concurrency: opened.concurrency,
    size: opened.size,
    next: 1,
    exhausted: false,
    reached: false,
    queued: [],
    given: 0,
    live: [],
    unrecorded: [],
    offset: 0,
    counts: { complete: 0, pruned: 0, failed: 0, cancelled: 0 },
    resumes: 0,
    top: [],
    paused: false,
    cancelled: false,
    notes,
  };
}

/** What a run before this one carried over; one of an older release knew less. */
export const carriedOver = (carried: Sweep): Sweep => ({ ...LATER, ...carried });

const LATER: Pick<Sweep, 'reached' | 'queued' | 'given'> = { reached: false, queued: [], given: 0 };

/**
 * Numbers to start now: the window's room, bounded by the size. Where the sampler learns, a trial gives up its place only
 * when its end is recorded: the order of ends alone decides what the next one is asked with.
 */
export function wanted(sweep: Sweep, most: number): number[] {
  if (sweep.paused || sweep.cancelled) return [];
  const learning = sweep.opened.learns ? sweep.unrecorded.length : 0;
  const room = sweep.concurrency - sweep.live.length - learning;
  const left = Math.max(sweep.queued.length, samplesLeft(sweep));
  const count = Math.max(0, Math.min(room, left, most));
  return Array.from({ length: count }, (_, index) => sweep.next + index);
}

/** Trials that are still to be started, those of users included. */
export function samplesLeft(sweep: Sweep): number {
  if (sweep.exhausted || sweep.reached) return sweep.queued.length;
  return sweep.size === null ? Infinity : sweep.size - (sweep.next - 1);
}

/** What the sampler is told beside the numbers: trials of users go first. */
export function question(sweep: Sweep, numbers: readonly number[]): Omit<AskInput, 'identity' | 'runId'> {
  return {
    numbers,
    given: sweep.queued.slice(0, numbers.length),
    skipped: sweep.given,
    offset: sweep.offset,
    pending: [...sweep.live, ...sweep.unrecorded].map(({ number }) => number).sort((one, other) => one - other),
  };
}

/** How many ends are recorded at once: all of them, unless the sampler is to be asked after each. */
export function recordable(sweep: Sweep): number {
  const { length } = sweep.unrecorded;
  const learning = sweep.opened.learns && !sweep.paused && !sweep.cancelled && samplesLeft(sweep) > 0;
  return learning ? Math.min(1, length) : length;
}

/** One more trial, by a user's wish: it counts beside those that the sampler proposes. */
export const enqueued = (sweep: Sweep, hyperparameters: Hyperparameters): Sweep => ({
  ...sweep,
  queued: [...sweep.queued, hyperparameters],
  size: sweep.size === null ? null : sweep.size + 1,
});

/**
 * What the sampler answered to `numbers`: fewer answers mean that a finite space has ended.
 * @param given how many of them were from users.
 */
export function started(sweep: Sweep, numbers: readonly number[], answers: readonly Live[], given = 0): Sweep {
  return {
    ...sweep,
    next: sweep.next + answers.length,
    exhausted: sweep.exhausted || answers.length < numbers.length,
    queued: sweep.queued.slice(given),
    given: sweep.given + given,
    live: [...sweep.live, ...answers],
  };
}

/** A trial told its end, or was found closed. A second word about the same trial changes nothing. */
export function trialEnded(sweep: Sweep, ended: TrialEnded): Sweep {
  if (!sweep.live.some((trial) => trial.number === ended.number)) return sweep;
  const target = reaches(sweep, ended);
  return {
    ...(target === null ? sweep : note(sweep, target)),
    reached: sweep.reached || target !== null,
    live: sweep.live.filter((trial) => trial.number !== ended.number),
    unrecorded: [...sweep.unrecorded, ended],
    counts: { ...sweep.counts, [ended.state]: sweep.counts[ended.state] + 1 },
    resumes: sweep.resumes + ended.resumes,
    top: ended.state === 'complete' ? ranked(sweep, row(ended)) : sweep.top,
  };
}

export const trialPaused = (sweep: Sweep, number: number): Sweep => ({
  ...sweep,
  live: sweep.live.map((trial) => (trial.number === number ? { ...trial, paused: true } : trial)),
});

/** Nothing that an earlier refusal or pause said holds any more. */
export const resumed = (sweep: Sweep): Sweep => ({
  ...sweep,
  paused: false,
  notes: sweep.notes.filter((sentence) => !sentence.startsWith(REFUSED)),
  live: sweep.live.map(({ number, hyperparameters }) => ({ number, hyperparameters })),
});

/** A sentence when the trial has reached the target that nobody reached before. */
function reaches({ opened: { metric }, reached }: Sweep, { number, state, objective }: TrialEnded): string | null {
  const target = metric?.target ?? null;
  if (metric === null || target === null || reached || state !== 'complete' || objective === null) return null;
  if (metric.goal === 'minimize' ? objective > target : objective < target) return null;
  return `trial ${number} reached the target ${target} (${metric.name} ${objective}): no further trials`;
}

/** The end of a trial that never told: terminated, or failed before it could. */
export function silentEnd(live: Live, reason: string): TrialEnded {
  return {
    ...live,
    state: 'failed',
    objective: null,
    metrics: {},
    epoch: 0,
    step: 0,
    segments: 0,
    resumes: 0,
    interruptions: [],
    reason,
  };
}

export const recorded = (sweep: Sweep, count: number, offset: number): Sweep => ({
  ...sweep,
  unrecorded: sweep.unrecorded.slice(count),
  offset,
});

export const note = (sweep: Sweep, sentence: string): Sweep =>
  sweep.notes.includes(sentence) ? sweep : { ...sweep, notes: [...sweep.notes.slice(-9), sentence] };

/** Begins a note about a refused submission; a resume takes them away. */
export const REFUSED = 'SLURM refused';

/** sbatch's own words once, however many trials met them; what has not started waits. */
export function refused(sweep: Sweep, number: number, message: string, sweepId: string): Sweep {
  const words = `${message.trim().replaceAll('\n', '; ')}. The sweep is paused; when this is mended: temporal sweep resume ${sweepId}`;
  const known = sweep.notes.some((sentence) => sentence.startsWith(REFUSED) && sentence.endsWith(words));
  return { ...(known ? sweep : note(sweep, `${REFUSED} trial ${number}: ${words}`)), paused: true };
}

/** Begins the note about changed options: the newest replaces the one before. */
const OPTIONS = 'jobs are submitted with';

export function jobOptions(sweep: Sweep, options: JobOptions): Sweep {
  const words = Object.entries(options).map(([name, value]) => {
    if (value === null) return `no ${name}`;
    return value === true ? name : `${name}=${value}`;
  });
  const others = sweep.notes.filter((sentence) => !sentence.startsWith(OPTIONS));
  return note({ ...sweep, notes: others }, `${OPTIONS} ${words.join(', ')} (setJobOptions)`);
}

/** Nothing runs, nothing is to be written, nothing more will be asked for. */
export function isOver(sweep: Sweep): boolean {
  if (sweep.live.length > 0 || sweep.unrecorded.length > 0) return false;
  return sweep.cancelled || (sweep.queued.length === 0 && samplesLeft(sweep) <= 0);
}

function row(ended: TrialEnded): TrialRow {
  const { number, state, hyperparameters, epoch, objective, resumes, reason } = ended;
  return { number, state, hyperparameters, jobId: null, epoch, objective, resumes, reason };
}

/** Stable: equal objectives keep the order of trial numbers; trials without an objective come last. */
function ranked(sweep: Sweep, added: TrialRow): readonly TrialRow[] {
  const sign = sweep.opened.metric?.goal === 'maximize' ? -1 : 1;
  const key = (trial: TrialRow): number => (trial.objective === null ? Infinity : sign * trial.objective);
  const before = (a: TrialRow, b: TrialRow): number =>
    key(a) === key(b) ? a.number - b.number : key(a) < key(b) ? -1 : 1;
  return [...sweep.top, added].sort(before).slice(0, TOP);
}
