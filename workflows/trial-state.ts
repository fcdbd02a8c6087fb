/**
 * The trial's memory and every change of it, pure: what was announced, what ended, what was spent. `trial.ts` only
 * waits, calls and tells.
 *
 * P1  at most one job per submission is bound; any other that announces itself is a stray.
 * P3  the newest announced allocation is the trial's; lower restarts are ignored, announcements of paused and ended
 *     trials are strays.
 * P7  intent is set here before anything is pushed.
 * P8  preemptions are counted, never spent; lost launches, failures (budgets.ts) and segments without progress have budgets.
 */
import type { TrialSettings } from './activities.ts';
import { classOfOutcome } from './budgets.ts';
import {
  PROTOCOL,
  type Allocation,
  type AllocationEnded,
  type AllocationStarted,
  type Intent,
  type JobChanged,
  type Outcome,
  type Position,
} from './messages.ts';
import { spend } from './trial/failing.ts';
import type { Ended, Final, Trial } from './trial/memory.ts';
import * as words from './trial-words.ts';

export type Announcement =
  | { readonly verdict: 'accepted' | 'ignored'; readonly trial: Trial }
  /** Its job must be cancelled, for this reason. */
  | { readonly verdict: 'stray'; readonly trial: Trial; readonly reason: string };

const stray = (trial: Trial, reason: string): Announcement => ({ verdict: 'stray', trial, reason });

/** P3: an agent says that it is up. */
export function announced(trial: Trial, started: AllocationStarted): Announcement {
  if (trial.final !== null) return stray(trial, `the trial is ${trial.final.state}`);
  if (trial.intent !== null) return stray(trial, `the trial is to ${trial.intent}`);
  if (started.submission !== trial.submission) return stray(trial, `submission ${trial.submission} is the trial's`);
  if (trial.jobId !== null && started.jobId !== trial.jobId) return stray(trial, `job ${trial.jobId} is the trial's`); // P1
  if (started.protocol !== PROTOCOL) return mismatch(trial, started);
  const last = trial.allocation ?? (trial.ended?.jobId === started.jobId ? trial.ended : null);
  const repeated = last !== null && started.restartCount <= last.restartCount;
  if (repeated) return { verdict: 'ignored', trial };
  return {
    verdict: 'accepted',
    trial: { ...trial, jobId: started.jobId, allocation: started, ended: null, lost: 0 },
  };
}

/** P12: the script of an older release. One fresh submission is free; then it is a lost launch. */
function mismatch(trial: Trial, started: AllocationStarted): Announcement {
  const reason = `its script speaks protocol ${started.protocol}, not ${PROTOCOL}`;
  const counted = trial.mismatched ? trial.lost + 1 : trial.lost;
  const next: Trial = { ...resubmitted(trial), mismatched: true, lost: counted };
  return stray(next, reason);
}

/** The next submission; the old job is no longer the trial's. */
export function resubmitted(trial: Trial): Trial {
  return { ...trial, submission: trial.submission + 1, jobId: null, allocation: null, ended: null, unsettled: null };
}

/** A segment is granted to the newest allocation. */
export function granted(trial: Trial): Trial {
  const resumes = trial.segment === 0 ? 0 : trial.resumes + 1;
  return { ...trial, segment: trial.segment + 1, resumes, unsettled: null, retry: null };
}

export function isSame(a: Allocation | null, b: Allocation): boolean {
  return a !== null && a.submission === b.submission && a.jobId === b.jobId && a.restartCount === b.restartCount;
}

/** True when the end is that of the trial's own allocation, announced or (after a lost launch) still expected. */
export function concerns(trial: Trial, ended: AllocationEnded): boolean {
  if (ended.submission !== trial.submission) return false;
  if (trial.jobId !== null && trial.jobId !== ended.jobId) return false;
  if (trial.allocation !== null) return ended.restartCount === trial.allocation.restartCount;
  return trial.ended?.jobId !== ended.jobId || ended.restartCount > trial.ended.restartCount;
}

/** The allocation is over. Without an announcement before it that was a lost launch, unless it was preempted (P8). */
export function allocationOver(trial: Trial, ended: Ended, isPreempted = false): Trial {
  const { allocation } = trial;
  const isLost = allocation === null && !isPreempted;
  const lost = isLost ? trial.lost + 1 : trial.lost;
  const unsettled = { node: allocation?.node ?? null, announced: allocation !== null, lost: isLost };
  return { ...trial, jobId: ended.jobId, allocation: null, ended, lost, unsettled };
}

/** Why an allocation ended without an outcome: the notice that its agent named, else unknown, `lost`. */
export function causeOf(ended: AllocationEnded | null): string {
  return ended !== null && (ended.why === 'limit' || ended.why === 'preemption') ? ended.why : 'lost';
}

function isFurther(position: Position, before: Position | null): boolean {
  const { step, epoch, evaluated = 0 } = before ?? { step: 0, epoch: 0 };
  if (position.step !== step) return position.step > step;
  return position.epoch === epoch ? (position.evaluated ?? 0) > evaluated : position.epoch > epoch;
}

/** Progress is a later position than any segment before reached: an evaluation may take longer than an allocation. */
function moved(trial: Trial, position: Position | null): Pick<Trial, 'position' | 'stalled'> {
  if (position !== null && isFurther(position, trial.position)) return { position, stalled: 0 };
  return { position: trial.position ?? position, stalled: trial.stalled + 1 };
}

/** A segment came to its outcome; budgets are spent here and nowhere else. */
export function settled(trial: Trial, outcome: Outcome, settings: TrialSettings): Trial {
  switch (outcome.status) {
    case 'completed': {
      const { objective, metrics, note, step, epoch, batch } = outcome;
      const final: Final = { state: 'complete', reason: note };
      return { ...trial, objective, metrics, position: { step, epoch, batch }, final };
    }
    case 'interrupted': {
      const { step, epoch, batch, evaluated } = outcome;
      const cause = trial.intent ?? outcome.cause; // P7: our own intent names the interruption
      return interrupted(trial, cause, { step, epoch, batch, evaluated }, settings, outcome.note);
    }
    case 'failed': {
      const next: Trial = { ...trial, interruptions: [...trial.interruptions, outcome.type] };
      const final: Final = { state: 'failed', type: outcome.type, reason: outcome.message };
      const name = classOfOutcome(outcome.type, settings);
      if (name === null) return { ...next, final };
      return spend(next, name, trial.allocation?.node ?? null, settings, () => final);
    }
  }
}

/** A segment ended before its time: by a notice, or without a word (`lost`). */
export function interrupted(
  trial: Trial,
  cause: string,
  position: Position | null,
  settings: TrialSettings,
  note?: string,
): Trial {
  const progress = moved(trial, position);
  const interruptions = [...trial.interruptions, cause];
  if (trial.intent !== null) return { ...trial, position: progress.position, interruptions };
  const next: Trial = { ...trial, ...progress, interruptions };
  if (next.stalled < settings.stalledSegments) return next;
  const reason = words.noProgress(next.position?.step ?? 0, interruptions.slice(-next.stalled), note);
  return { ...next, final: { state: 'failed', type: 'NoProgress', reason } };
}

/** P8: lost launches have a budget of their own. */
export function launchBudget(trial: Trial, settings: TrialSettings): Trial {
  if (trial.final !== null || trial.lost <= settings.lostLaunches) return trial;
  const why = trial.ended?.why ?? 'its script speaks another protocol';
  return { ...trial, final: { state: 'failed', type: 'LaunchLost', reason: words.launchesLost(trial.lost, why) } };
}

/** P7: an intent once set is only replaced by a stronger one (an end outranks a pause). */
export function intend(trial: Trial, intent: Intent): Trial {
  if (trial.final !== null) return trial;
  if (trial.intent !== null && trial.intent !== 'pause') return trial;
  return { ...trial, intent };
}

/** What SLURM's word about a job means to the trial that waits for it or trains in it. */
export function jobOver(trial: Trial, changed: JobChanged): boolean {
  if (trial.jobId !== changed.jobId) return false;
  if (trial.allocation !== null && changed.restartCount < trial.allocation.restartCount) return false;
  // Stale news of the end that brought us here: a requeued job counts one restart more, even while pending.
  if (trial.ended !== null && changed.restartCount <= trial.ended.restartCount) return false;
  return OVER.has(changed.state) || (trial.allocation !== null && changed.restartCount > trial.allocation.restartCount);
}

/**
 * SLURM holds the job, and ensureJob can end that: after launches that failed, or for two minutes after a requeue, of which
 * the poller tells only where no ensureJob was there to see it.
 */
export const isHeldForUs = (trial: Trial, { jobId, restartCount, state, reason }: JobChanged): boolean =>
  trial.jobId === jobId &&
  trial.allocation === null &&
  state === 'PENDING' &&
  (/JobHoldMaxRequeue|launch.failed.requeued.held/i.test(reason) ||
    (restartCount > 0 && (reason === 'BeginTime' || reason === 'None')));

/** Words of SLURM for a job that will not run again by itself. */
export const isOver = (state: string): boolean => OVER.has(state);

const OVER = new Set([
  'BOOT_FAIL',
  'CANCELLED',
  'COMPLETED',
  'DEADLINE',
  'FAILED',
  'NODE_FAIL',
  'OUT_OF_MEMORY',
  'PREEMPTED',
  'TIMEOUT',
  'UNKNOWN',
]);
