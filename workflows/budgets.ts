/**
 * What a failure costs: its class, the tries its class has, and what has to happen before the next one. Pure.
 *
 * P7  a class is told by an outcome's type or by SLURM's settled record, never by a text or an exit code.
 * P8  a preemption or a time limit has no class: they are counted, never spent.
 */
import type { FailureClass, Retry, SettledEnd, TrialSettings } from './activities.ts';

/** Failures so far, by class. */
export type Spent = Readonly<Record<FailureClass, number>>;

export const nothingSpent: Spent = { trainer: 0, outOfMemory: 0, nodeFailure: 0, unusableCheckpoint: 0 };

/** Null: not bounded; the sweep was started by a release that did not know the class. */
export function policy(settings: TrialSettings, name: FailureClass): Retry | null {
  if (settings.retries !== undefined) return settings.retries[name];
  if (name !== 'trainer') return null;
  return { times: settings.trainerRetries ?? 0, backoffSeconds: 0, excludeNode: false };
}

/** The class of a failed segment; null for one that no further try can mend. */
export function classOfOutcome(type: string, settings: TrialSettings): FailureClass | null {
  if (type === 'ProgramMissing') return null;
  const isOwn = type === 'UnusableCheckpoint' && policy(settings, 'unusableCheckpoint') !== null;
  return isOwn ? 'unusableCheckpoint' : 'trainer';
}

export type Verdict =
  { readonly kind: 'fail' } | { readonly kind: 'retry'; readonly seconds: number; readonly excludeNode: boolean };

/** Seconds. */
const LONGEST_BACKOFF = 3_600;
const MOST_DOUBLINGS = 12;

/** @param failures of this class so far, this one included. */
export function judge(failures: number, retry: Retry | null): Verdict {
  if (retry === null) return { kind: 'retry', seconds: 0, excludeNode: false };
  if (failures > retry.times) return { kind: 'fail' };
  const doubled = retry.backoffSeconds * (1 << Math.min(failures - 1, MOST_DOUBLINGS));
  return { kind: 'retry', seconds: Math.min(doubled, LONGEST_BACKOFF), excludeNode: retry.excludeNode };
}

export interface NamedEnd {
  /** The interruption's name in history, timeline and results. */
  readonly cause: string;
  readonly failure: 'outOfMemory' | 'nodeFailure' | null;
}

const NAMED: Readonly<Record<string, NamedEnd>> = {
  BOOT_FAIL: { cause: 'node failure', failure: 'nodeFailure' },
  CANCELLED: { cause: 'scancel', failure: null },
  DEADLINE: { cause: 'deadline', failure: null },
  NODE_FAIL: { cause: 'node failure', failure: 'nodeFailure' },
  OUT_OF_MEMORY: { cause: 'out of memory', failure: 'outOfMemory' },
  PREEMPTED: { cause: 'preemption', failure: null },
  TIMEOUT: { cause: 'limit', failure: null },
};

/** What SLURM's record says of an end; null for COMPLETED and FAILED, which only say that the job left by itself. */
export const namedEnd = ({ state }: Pick<SettledEnd, 'state'>): NamedEnd | null => NAMED[state] ?? null;

/**
 * Whether SLURM's record knows better than what the trial wrote down when the segment ended. An agent cannot tell whose
 * SIGTERM it heard, and a trainer killed for its memory only looks dead to it; our own intent is never renamed.
 */
export function knowsBetter(written: string, record: NamedEnd): boolean {
  if (written === 'lost') return true;
  if (written === 'preemption') return ['limit', 'deadline', 'scancel'].includes(record.cause);
  return written === 'TrainerDied' && record.failure === 'outOfMemory';
}

const MOST_EXCLUDED = 8;

/** The newest last; older ones are let in again, so that a long trial does not run out of nodes. */
export const excluding = (nodes: readonly string[], node: string): readonly string[] =>
  [...nodes.filter((other) => other !== node), node].slice(-MOST_EXCLUDED);
