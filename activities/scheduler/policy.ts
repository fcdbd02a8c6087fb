/**
 * What a control worker learns about its cluster by being refused, so that not every trial learns it by failing. In memory only,
 * for an hour: an administrator may change what a cluster allows.
 */
import { secondsAhead } from './clock.ts';
import type { Job } from './port.ts';

/** `requeue`: the same job again, released from its hold. `expedite`: the same, without a hold. `resubmit`: a new job each time. */
export type Policy = 'requeue' | 'expedite' | 'resubmit';
/** `auto`: requeue while the cluster lets us requeue and release, else resubmit. */
export type WantedPolicy = 'auto' | Policy;

export interface ClusterMemory {
  policy(wanted: WantedPolicy): Policy;
  /** The cluster forbids it to this user altogether. */
  refuses(what: 'requeue' | 'release' | 'expedite'): void;
  /** One more failed launch of that job: `revoked` for its credential, `unheld` when we let it out of the hold that SLURM put it under. */
  count(what: 'revoked' | 'unheld', jobId: string): void;
  counted(what: 'revoked' | 'unheld', jobId: string): number;
  /** Compares the clocks. */
  saw(jobs: readonly Job[]): void;
  /** Seconds by which SLURM's clock was last seen ahead of ours. */
  secondsAhead(): number;
}

/** Milliseconds. */
const REMEMBERED = 3_600_000;

export function createClusterMemory(now: () => number = Date.now): ClusterMemory {
  const facts = new Map<string, { readonly value: number; readonly until: number }>();
  const recall = (key: string): number => {
    const fact = facts.get(key);
    return fact !== undefined && fact.until > now() ? fact.value : 0;
  };
  const keep = (key: string, value: number): void => {
    for (const [known, { until }] of facts) if (until <= now()) facts.delete(known);
    facts.set(key, { value, until: now() + REMEMBERED });
  };
  return {
    policy(wanted) {
      if (wanted === 'requeue' || wanted === 'resubmit') return wanted;
      if (recall('refuses requeue') > 0) return 'resubmit';
      if (wanted === 'expedite' && recall('refuses expedite') === 0) return 'expedite';
      return recall('refuses release') > 0 ? 'resubmit' : 'requeue';
    },
    refuses: (what) => keep(`refuses ${what}`, 1),
    count: (what, jobId) => keep(`${what} ${jobId}`, recall(`${what} ${jobId}`) + 1),
    counted: (what, jobId) => recall(`${what} ${jobId}`),
    saw(jobs) {
      const ahead = secondsAhead(jobs, now() / 1_000);
      if (ahead > recall('ahead')) keep('ahead', ahead);
    },
    secondsAhead: () => recall('ahead'),
  };
}
