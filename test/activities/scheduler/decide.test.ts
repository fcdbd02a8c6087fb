import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../activities/scheduler/decide.ts';
import type { Job } from '../../../activities/scheduler/port.ts';
import { isLive } from '../../../activities/scheduler/states.ts';
import type { EnsureJobInput } from '../../../workflows/activities.ts';

const NOW = 1_000_000;
const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run' };
const nothingKnown: EnsureJobInput = { identity, number: 0, submission: 1, jobId: null, last: null };
const job = (state: string, more: Partial<Job> = {}): Job => ({
  jobId: '7',
  name: 'lr/0.1@0',
  state,
  reason: 'None',
  restartCount: 1,
  node: 'n1',
  exitCode: '0:0',
  startTime: NOW - 60,
  endTime: NOW - 1,
  ...more,
});
type Known = 'reported' | 'heartbeat time-out' | 'seen';
const ended = (known: Known, restartCount = 1): EnsureJobInput => ({
  ...nothingKnown,
  jobId: '7',
  last: { submission: 1, jobId: '7', restartCount, known, why: '' },
});
const act = (input: EnsureJobInput, jobs: Job[], waitedMs = 0) =>
  decide(input, jobs, { now: NOW, waitedMs }).decision.action;

describe('decide', () => {
  const held = { startTime: NOW + 121, reason: 'BeginTime' };
  const noWord = { ...nothingKnown, jobId: '7' };
  // One column each: reported, heartbeat time-out, seen, newer incarnation, no word of an end.
  it.each<[string, Job, string, string, string, string, string]>([
    ['PENDING under a hold', job('PENDING', held), 'wait', 'wait', 'release', 'release', 'release'],
    [
      'PENDING, the reason still of its end',
      job('PENDING', { ...held, reason: 'NonZeroExitCode' }),
      'wait',
      'wait',
      'release',
      'release',
      'release',
    ],
    [
      'PENDING, start estimated',
      job('PENDING', { ...held, reason: 'Resources' }),
      'wait',
      'wait',
      'nothing',
      'nothing',
      'nothing',
    ],
    ['PENDING, released', job('PENDING', { startTime: NOW - 1 }), 'wait', 'wait', 'nothing', 'nothing', 'nothing'],
    [
      'PENDING, first launch with a begin time',
      job('PENDING', { ...held, restartCount: 0 }),
      'wait',
      'wait',
      'wait',
      'wait',
      'nothing',
    ],
    ['held', job('PENDING', { reason: 'JobHeldUser' }), 'nothing', 'nothing', 'nothing', 'nothing', 'nothing'],
    [
      'launch failed requeued held',
      job('PENDING', { reason: 'launch failed requeued held' }),
      'nothing',
      'nothing',
      'nothing',
      'nothing',
      'nothing',
    ],
    ['RUNNING', job('RUNNING'), 'wait', 'requeue', 'nothing', 'nothing', 'nothing'],
    ['SUSPENDED', job('SUSPENDED'), 'wait', 'requeue', 'nothing', 'nothing', 'nothing'],
    ['COMPLETING', job('COMPLETING'), 'wait', 'wait', 'wait', 'wait', 'nothing'],
    ['CANCELLED', job('CANCELLED'), 'cancelled', 'cancelled', 'cancelled', 'cancelled', 'cancelled'],
    ['FAILED', job('FAILED'), 'requeue', 'requeue', 'requeue', 'nothing', 'nothing'],
    ['COMPLETED', job('COMPLETED'), 'requeue', 'requeue', 'requeue', 'nothing', 'nothing'],
    ['TIMEOUT', job('TIMEOUT'), 'requeue', 'requeue', 'requeue', 'nothing', 'nothing'],
    ['NODE_FAIL', job('NODE_FAIL'), 'requeue', 'requeue', 'requeue', 'nothing', 'nothing'],
    [
      'a revoked launch',
      job('FAILED', { exitCode: '1:0', startTime: NOW, endTime: NOW }),
      'requeue',
      'requeue',
      'requeue',
      'requeue',
      'requeue',
    ],
    ['a word of the future', job('HIBERNATING'), 'wait', 'wait', 'wait', 'nothing', 'nothing'],
  ])('%s', (_, shown, reported, timedOut, seen, newer, none) => {
    const of = (known: Known): string => act(ended(known), [shown]);
    expect([
      of('reported'),
      of('heartbeat time-out'),
      of('seen'),
      act(ended('reported', 0), [shown]),
      act(noWord, [shown]),
    ]).toEqual(
      shown.restartCount === 0 ? ['wait', 'wait', 'wait', 'wait', none] : [reported, timedOut, seen, newer, none],
    );
  });

  it('submits only when nothing was ever bound; a record that is gone takes the next submission', () => {
    expect(act(nothingKnown, [])).toBe('submit');
    expect(act({ ...nothingKnown, jobId: '7' }, [])).toBe('resubmit');
    expect(act(ended('seen'), [])).toBe('resubmit');
  });

  it('does not wait for ever for an agent that said goodbye, nor for a dead node', () => {
    expect(act(ended('reported'), [job('RUNNING')], 29_000)).toBe('wait');
    expect(act(ended('reported'), [job('RUNNING')], 31_000)).toBe('requeue');
    expect(act(ended('heartbeat time-out'), [job('COMPLETING')], 16_000)).toBe('requeue');
  });

  it('prefers a live job to one that ended before it', () => {
    const plan = decide(
      nothingKnown,
      [job('FAILED', { jobId: '5' }), job('PENDING', { jobId: '12' }), job('PENDING', { jobId: '9' })],
      {
        now: NOW,
        waitedMs: 0,
      },
    );
    expect(plan.decision).toMatchObject({ action: 'nothing', job: { jobId: '9' } });
    expect(plan.strays.map((stray) => stray.jobId)).toEqual(['12']);
  });

  const states = [
    'PENDING',
    'RUNNING',
    'COMPLETING',
    'CANCELLED',
    'COMPLETED',
    'FAILED',
    'TIMEOUT',
    'NODE_FAIL',
    'PREEMPTED',
    'SUSPENDED',
  ];
  const arbitraryJob = fc.record({
    jobId: fc.constantFrom('7', '8', '9'),
    name: fc.constant('lr/0.1@0'),
    state: fc.oneof(fc.constantFrom(...states), fc.string()),
    reason: fc.oneof(fc.constantFrom('None', 'BeginTime', 'Resources', 'JobHeldUser', 'Dependency'), fc.string()),
    restartCount: fc.nat(3),
    node: fc.constant(null),
    exitCode: fc.constantFrom(null, '0:0', '1:0', '85:0'),
    startTime: fc.option(fc.integer({ min: NOW - 100, max: NOW + 200 })),
    endTime: fc.option(fc.integer({ min: NOW - 100, max: NOW })),
  });
  const arbitraryInput: fc.Arbitrary<EnsureJobInput> = fc.record({
    identity: fc.constant(identity),
    root: fc.constant('/'),
    number: fc.constant(0),
    submission: fc.constant(1),
    jobId: fc.option(fc.constantFrom('7', '8')),
    last: fc.option(
      fc.record({
        submission: fc.constant(1),
        jobId: fc.constantFrom('7', '8'),
        restartCount: fc.nat(3),
        known: fc.constantFrom<Known>('reported', 'heartbeat time-out', 'seen'),
        why: fc.constant(''),
      }),
    ),
  });

  it('is total, and keeps its promises whatever is shown', () => {
    const jobs = fc.uniqueArray(arbitraryJob, { selector: (one) => one.jobId, maxLength: 3 });
    fc.assert(
      fc.property(arbitraryInput, jobs, fc.nat(100_000), (input, shown, waitedMs) => {
        const { decision, strays } = decide(input, shown, { now: NOW, waitedMs });
        const target = 'job' in decision ? decision.job : null;
        // P1: never a second job beside a live one, and never more than one live job left.
        if (decision.action === 'submit') expect(shown.filter(isLive)).toEqual([]);
        expect(shown.filter((one) => isLive(one) && one !== target && !strays.includes(one))).toEqual([]);
        expect(strays.map((stray) => stray.jobId)).not.toContain(input.jobId);
        // P7: a cancel is never undone.
        if (decision.action === 'requeue' || decision.action === 'release') expect(target!.state).not.toBe('CANCELLED');
        // R2: nobody requeues a running incarnation other than the one that ended.
        if (decision.action === 'requeue' && target!.state === 'RUNNING') {
          expect(target!.restartCount).toBe(input.last!.restartCount);
          expect(target!.jobId).toBe(input.last!.jobId);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
