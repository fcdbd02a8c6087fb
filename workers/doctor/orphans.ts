/**
 * What sweeps that are over have left behind: trials, jobs, watch entries, checkpoints. Pure: facts in, list out.
 *
 * Only what this namespace's Temporal is known to have owned is ever called an orphan: a job's token holds a fingerprint, and
 * unless its identity stands in the root or in Temporal it may be another server's. Results, best/ and trials.jsonl are none.
 */
import type { Job } from '../../activities/scheduler/port.ts';
import { phase } from '../../activities/scheduler/states.ts';
import { fingerprint, parseToken } from '../../activities/scheduler/token.ts';
import type { WatchEntry } from '../../activities/scheduler/watch.ts';
import type { Identity } from '../../workflows/messages.ts';

/** A trial workflow that runs, and what is known of the sweep it belongs to. */
export interface LiveTrial {
  readonly workflowId: string;
  readonly number: number;
  readonly identity: Identity;
  /** `open`: this very sweep runs. `over`: it has ended, or another of that name runs. */
  readonly sweep: 'open' | 'over';
}

/** `over`: Temporal has it, closed, or has another of that id. `unknown`: Temporal does not know it (any more). */
export type TrialFate = 'open' | 'over' | 'unknown';

export interface OrphanFacts {
  readonly namespace: string;
  /** Null: the scheduler does not answer, so nothing is said of jobs. */
  readonly jobs: readonly Job[] | null;
  readonly liveTrials: readonly LiveTrial[];
  /** Every identity that the root or Temporal tells of. */
  readonly identities: readonly Identity[];
  /** By {@link trialKey}. */
  readonly fates: ReadonlyMap<string, TrialFate>;
  readonly entries: readonly WatchEntry[];
  readonly checkpoints: readonly Checkpoints[];
}

/** Checkpoints of a trial that has ended with a best/ of its own; nothing will be resumed from them. */
export interface Checkpoints {
  readonly workflowId: string;
  readonly identity: Identity;
  readonly number: number;
  /** Absolute. */
  readonly paths: readonly string[];
  readonly bytes: number;
}

export type Orphan =
  | { readonly kind: 'trial'; readonly workflowId: string; readonly why: string }
  | { readonly kind: 'job'; readonly jobId: string; readonly name: string; readonly why: string }
  /** Ours by its name, yet of an identity that nobody here knows: listed, never ended. */
  | { readonly kind: 'stranger'; readonly jobId: string; readonly name: string; readonly why: string }
  | {
      readonly kind: 'watch';
      readonly token: string;
      readonly identity: Identity;
      readonly number: number;
      readonly why: string;
    }
  | {
      readonly kind: 'checkpoints';
      readonly workflowId: string;
      readonly paths: readonly string[];
      readonly bytes: number;
      readonly why: string;
    };

export const trialKey = (identity: Identity, number: number): string => `${fingerprint(identity)}/${number}`;

/** The same for all submissions of a trial. */
const trialOf = (token: string): string => token.replace(/\.\d+@/, '@');

export function findOrphans(facts: OrphanFacts): Orphan[] {
  const { namespace, entries } = facts;
  const ours = new Map(
    facts.identities
      .filter((identity) => identity.namespace === namespace)
      .map((identity) => [fingerprint(identity), identity]),
  );
  const live = (facts.jobs ?? []).filter((job) => !['ended', 'ending'].includes(phase(job)));
  const withJob = new Set(live.map(({ name }) => trialOf(name)));
  const fate = (identity: Identity, number: number): TrialFate =>
    facts.fates.get(trialKey(identity, number)) ?? 'unknown';
  return [
    ...facts.liveTrials
      .filter(({ sweep }) => sweep === 'over')
      .map(({ workflowId }): Orphan => ({ kind: 'trial', workflowId, why: 'it runs, and its sweep is over' })),
    ...live.flatMap((job) => judgeJob(job, ours, fate)),
    ...entries.flatMap((entry): Orphan[] => {
      const number = parseToken(entry.token)?.trial;
      // Without the scheduler's answer a job may live that nobody else would find.
      if (facts.jobs === null || number === undefined || entry.identity.namespace !== namespace) return [];
      if (fate(entry.identity, number) !== 'over' || withJob.has(trialOf(entry.token))) return [];
      return [
        { kind: 'watch', token: entry.token, identity: entry.identity, number, why: 'its trial and its job are over' },
      ];
    }),
    ...facts.checkpoints
      .filter(
        ({ identity, number, paths }) =>
          paths.length > 0 && identity.namespace === namespace && fate(identity, number) === 'over',
      )
      .map(({ workflowId, paths, bytes }): Orphan => ({
        ...{ kind: 'checkpoints', workflowId, paths, bytes },
        why: 'the trial has ended; what counts is in best/',
      })),
  ];
}

function judgeJob(
  { jobId, name }: Job,
  ours: ReadonlyMap<string, Identity>,
  fate: (identity: Identity, number: number) => TrialFate,
): Orphan[] {
  const token = parseToken(name);
  if (token === null) return [];
  const identity = ours.get(token.fingerprint);
  if (identity === undefined)
    return [{ kind: 'stranger', jobId, name, why: 'its sweep is known neither here nor in this namespace' }];
  switch (fate(identity, token.trial)) {
    case 'open':
      return [];
    case 'over':
      return [{ kind: 'job', jobId, name, why: 'its trial is over' }];
    case 'unknown':
      return [
        {
          kind: 'stranger',
          jobId,
          name,
          why: 'this server does not know its trial: another server, or its retention has passed',
        },
      ];
  }
}
