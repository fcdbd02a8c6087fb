import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Retry, TrialSettings } from '../../workflows/activities.ts';
import { classOfOutcome, excluding, judge, knowsBetter, namedEnd, policy } from '../../workflows/budgets.ts';

const retry: Retry = { times: 3, backoffSeconds: 30, excludeNode: false };
const settings: TrialSettings = {
  heartbeatSeconds: 60,
  retries: {
    trainer: retry,
    outOfMemory: { ...retry, times: 1 },
    nodeFailure: { times: 10, backoffSeconds: 0, excludeNode: true },
    unusableCheckpoint: { ...retry, times: 0 },
  },
  lostLaunches: 2,
  stalledSegments: 3,
  searchAttributes: true,
  metric: 'loss',
};
const { retries: _, ...rest } = settings;
const older: TrialSettings = { ...rest, trainerRetries: 1 };

describe('a budget', () => {
  test('waits twice as long before each further try, and fails after the last', () => {
    expect([1, 2, 3, 4].map((failures) => judge(failures, retry))).toEqual([
      { kind: 'retry', seconds: 30, excludeNode: false },
      { kind: 'retry', seconds: 60, excludeNode: false },
      { kind: 'retry', seconds: 120, excludeNode: false },
      { kind: 'fail' },
    ]);
  });

  test('of none fails at once', () => {
    expect(judge(1, { ...retry, times: 0 })).toEqual({ kind: 'fail' });
  });

  test('never waits longer than an hour, never less than before', () => {
    fc.assert(
      fc.property(fc.nat(3_600), fc.integer({ min: 1, max: 999 }), (backoffSeconds, failures) => {
        const seconds = (count: number): number => {
          const verdict = judge(count, { ...retry, times: 1_000, backoffSeconds });
          return verdict.kind === 'retry' ? verdict.seconds : -1;
        };
        expect(seconds(failures)).toBeGreaterThanOrEqual(0);
        expect(seconds(failures)).toBeLessThanOrEqual(3_600);
        expect(seconds(failures + 1)).toBeGreaterThanOrEqual(seconds(failures));
      }),
    );
  });
});

describe('the class of a failed segment', () => {
  test('is told by its type: a missing program has no further try', () => {
    expect(classOfOutcome('TrainerError', settings)).toBe('trainer');
    expect(classOfOutcome('StorageError', settings)).toBe('trainer');
    expect(classOfOutcome('UnusableCheckpoint', settings)).toBe('unusableCheckpoint');
    expect(classOfOutcome('ProgramMissing', settings)).toBeNull();
  });

  test('of a trial that 0.1.0 started is the one class it knew; the others are not bounded', () => {
    expect(classOfOutcome('UnusableCheckpoint', older)).toBe('trainer');
    expect(policy(older, 'trainer')).toEqual({ times: 1, backoffSeconds: 0, excludeNode: false });
    expect(judge(50, policy(older, 'nodeFailure'))).toEqual({ kind: 'retry', seconds: 0, excludeNode: false });
  });
});

describe("SLURM's record", () => {
  test('names what ended the job; COMPLETED, FAILED and unknown words name nothing', () => {
    const names = ['TIMEOUT', 'PREEMPTED', 'NODE_FAIL', 'BOOT_FAIL', 'OUT_OF_MEMORY', 'DEADLINE', 'CANCELLED'];
    expect(names.map((state) => namedEnd({ state })?.cause)).toEqual([
      'limit',
      'preemption',
      'node failure',
      'node failure',
      'out of memory',
      'deadline',
      'scancel',
    ]);
    expect(['COMPLETED', 'FAILED', 'NEW_WORD'].map((state) => namedEnd({ state }))).toEqual([null, null, null]);
  });

  test('knows whose SIGTERM an agent heard, and never renames our own intent or what a script said itself', () => {
    const limit = namedEnd({ state: 'TIMEOUT' })!;
    const memory = namedEnd({ state: 'OUT_OF_MEMORY' })!;
    expect(knowsBetter('lost', limit)).toBe(true);
    expect(knowsBetter('preemption', limit)).toBe(true);
    expect(knowsBetter('preemption', memory)).toBe(false);
    expect(knowsBetter('TrainerDied', memory)).toBe(true);
    expect(knowsBetter('TrainerDied', limit)).toBe(false);
    for (const own of ['pause', 'stop', 'cancel', 'TrainerError'])
      expect([limit, memory].map((end) => knowsBetter(own, end))).toEqual([false, false]);
  });
});

test('the newest eight nodes are kept away from, each once', () => {
  const nodes = ['n1', 'n2', 'n1', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8', 'n9'].reduce<readonly string[]>(excluding, []);
  expect(nodes).toEqual(['n1', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8', 'n9']);
});
