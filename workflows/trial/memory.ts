/** What a trial remembers, carried whole through continue-as-new. Changed only by trial-state.ts and failing.ts. */
import { nothingSpent, type Spent } from '../budgets.ts';
import type { Allocation, AllocationStarted, Intent, Metrics, Position } from '../messages.ts';

/** The allocation that ended last, and how we know. */
export type Ended = Allocation & { readonly known: 'reported' | 'heartbeat time-out' | 'seen'; readonly why: string };

export type Final =
  | { readonly state: 'complete'; readonly reason: string }
  | { readonly state: 'failed'; readonly type: string; readonly reason: string }
  | { readonly state: 'cancelled' | 'pruned'; readonly reason: string };

export interface Retrying {
  /** The job of this submission is ended first: a new one is wanted, on another node or later. */
  readonly fresh: boolean;
  readonly seconds: number;
  /** Why, for the timer. */
  readonly after: string;
}

export interface Trial {
  /** Number of sbatch calls wished for so far. */
  readonly submission: number;
  /** The job bound to this submission. */
  readonly jobId: string | null;
  /** The newest announced allocation that is not known to have ended. */
  readonly allocation: AllocationStarted | null;
  readonly ended: Ended | null;
  /** Number of the newest granted segment. */
  readonly segment: number;
  readonly position: Position | null;
  readonly objective: number | null;
  readonly metrics: Metrics;
  readonly interruptions: readonly string[];
  readonly resumes: number;
  readonly lost: number;
  readonly spent: Spent;
  readonly stalled: number;
  /** The ended allocation, until SLURM's record has said how it ended; null when nothing is to be named. */
  readonly unsettled: { readonly node: string | null; readonly announced: boolean; readonly lost?: boolean } | null;
  /** What has to happen before the next job is asked for. */
  readonly retry: Retrying | null;
  /** Nodes that new submissions keep away from, the newest last. */
  readonly excludeNodes: readonly string[];
  /** A job of an earlier submission that may still live, until this submission has its own. */
  readonly replaces: string | null;
  /** A protocol mismatch was met: the next one is counted. */
  readonly mismatched: boolean;
  readonly intent: Intent | null;
  readonly final: Final | null;
}

export const newTrial: Trial = {
  submission: 1,
  jobId: null,
  allocation: null,
  ended: null,
  segment: 0,
  position: null,
  objective: null,
  metrics: {},
  interruptions: [],
  resumes: 0,
  lost: 0,
  spent: nothingSpent,
  stalled: 0,
  unsettled: null,
  retry: null,
  excludeNodes: [],
  replaces: null,
  mismatched: false,
  intent: null,
  final: null,
};

/** What a run before a continue-as-new left; 0.1.0 counted the trainer's errors only. */
export function carriedOn(carried: Trial & { readonly errors?: number }): Trial {
  const spent = { ...nothingSpent, trainer: carried.errors ?? 0 };
  return Object.assign({ ...newTrial, spent }, carried);
}
