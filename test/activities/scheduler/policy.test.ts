import { describe, expect, it } from 'vitest';
import { secondsAhead } from '../../../activities/scheduler/clock.ts';
import { createClusterMemory } from '../../../activities/scheduler/policy.ts';
import type { Job } from '../../../activities/scheduler/port.ts';
import { explained } from '../../../activities/scheduler/reasons.ts';

const job = (state: string, more: Partial<Job> = {}): Job => ({
  ...{ jobId: '7', name: 'lr/0.1@0', state, reason: 'None', restartCount: 0, node: null, exitCode: null },
  ...{ startTime: null, endTime: null, ...more },
});

describe('what a worker remembers of its cluster', () => {
  it('switches to new jobs when requeues or releases are refused, for an hour', () => {
    for (const what of ['requeue', 'release'] as const) {
      let now = 0;
      const memory = createClusterMemory(() => now);
      expect(memory.policy('auto')).toBe('requeue');
      memory.refuses(what);
      expect(memory.policy('auto')).toBe('resubmit');
      now = 3_600_000;
      expect(memory.policy('auto')).toBe('requeue');
    }
  });

  it('needs no release where requeues are expedited, and falls back to what is allowed', () => {
    const memory = createClusterMemory(() => 0);
    memory.refuses('release');
    expect(memory.policy('expedite')).toBe('expedite');
    memory.refuses('expedite');
    expect(memory.policy('expedite')).toBe('resubmit');
  });

  it('obeys a sweep that names its policy', () => {
    const memory = createClusterMemory(() => 0);
    memory.refuses('requeue');
    expect([memory.policy('requeue'), memory.policy('resubmit')]).toEqual(['requeue', 'resubmit']);
  });

  it('counts by job', () => {
    const memory = createClusterMemory(() => 0);
    memory.count('unheld', '7');
    memory.count('unheld', '7');
    expect([memory.counted('unheld', '7'), memory.counted('unheld', '8'), memory.counted('revoked', '7')]).toEqual([
      2, 0, 0,
    ]);
  });
});

describe('SLURM’s clock', () => {
  it('is ahead by what has happened in our future; an end that is only planned tells nothing', () => {
    expect(
      secondsAhead([job('FAILED', { endTime: 130 }), job('RUNNING', { startTime: 120, endTime: 9_000 })], 100),
    ).toBe(30);
    expect(secondsAhead([job('PENDING', { startTime: 221 }), job('FAILED', { endTime: 99 })], 100)).toBe(0);
  });
});

describe('a reason for waiting', () => {
  it.each([
    'BadConstraints',
    'PartitionConfig',
    'PartitionTimeLimit',
    'DependencyNeverSatisfied',
    'QOSMaxWallDurationPerJobLimit',
  ])('%s comes with what mends it', (reason) => {
    expect(explained(job('PENDING', { reason }))).toMatch(new RegExp(`^${reason}: waiting does not help`));
  });
  it.each(['Resources', 'QOSMaxJobsPerUserLimit', 'AssocMaxJobsLimit', 'ReqNodeNotAvail', 'PartitionDown'])(
    '%s is left to pass',
    (reason) => {
      expect(explained(job('PENDING', { reason }))).toBe(reason);
    },
  );
});
