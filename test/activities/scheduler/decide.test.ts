import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Moment } from '../../../activities/scheduler/decide.ts';
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
const moment: Moment = { now: NOW, waitedMs: 0, policy: 'requeue', unheld: () => 0, nodeSilent: false };
const act = (input: EnsureJobInput, jobs: Job[], more: Partial<Moment> = {}) => {
  const { decision } = decide(input, jobs, { ...moment, ...more });
  return decision.action === 'resubmit' ? decision.why : decision.action;
};

describe('decide', () => {
  const hold = { startTime: NOW + 121, reason: 'BeginTime' };
  const noWord = { ...nothingKnown, jobId: '7' };
  const all = (action: string) => Array.from({ length: 5 }, () => action);
  const waiting = ['wait', 'wait', 'nothing', 'nothing', 'nothing'];
  const active = ['wait', 'requeue', 'nothing', 'nothing', 'nothing'];
  const hidden = ['wait', 'wait', 'wait', 'wait', 'nothing'];
  const over = ['requeue', 'requeue', 'requeue', 'nothing', 'nothing'];
  const unread = ['wait', 'wait', 'wait', 'nothing', 'nothing'];
  const released = ['wait', 'wait', 'release', 'release', 'release'];
  const pending = (reason: string): [string, Job, string[]] => [
    `PENDING, ${reason}`,
    job('PENDING', { ...hold, reason }),
    waiting,
  ];
  // One column each: reported, heartbeat time-out, seen, newer incarnation, no word of an end.
  it.each<[string, Job, string[]]>([
    ['PENDING under a hold', job('PENDING', hold), released],
    ['PENDING, the reason still of its end', job('PENDING', { ...hold, reason: 'NonZeroExitCode' }), released],
    ['PENDING, released', job('PENDING', { startTime: NOW - 1 }), waiting],
    ...[
      ...[
        'Resources',
        'Priority',
        'Dependency',
        'DependencyNeverSatisfied',
        'Licenses',
        'Reservation',
        'BadConstraints',
      ],
      ...[
        'PartitionDown',
        'PartitionInactive',
        'PartitionTimeLimit',
        'PartitionNodeLimit',
        'ReqNodeNotAvail, May be reserved',
      ],
      ...['QOSMaxJobsPerUserLimit', 'AssocGrpCpuLimit', 'MaxMemPerLimit', 'AccountNotAllowed', 'BurstBufferResources'],
    ].map(pending),
    ['held by its user', job('PENDING', { reason: 'JobHeldUser' }), all('nothing')],
    ['held by an administrator', job('PENDING', { reason: 'JobHeldAdmin' }), all('nothing')],
    // ArjunaUsers #56, #63, burrmill #15
    ['launch failed requeued held', job('PENDING', { reason: 'launch failed requeued held' }), all('let go')],
    ['launch_failed_requeued_held', job('PENDING', { reason: 'launch_failed_requeued_held' }), all('let go')],
    // Infera PR #30
    ['JobHoldMaxRequeue', job('PENDING', { reason: 'JobHoldMaxRequeue' }), all('let go')],
    ['requeued in held state', job('PENDING', { reason: 'job requeued in held state' }), all('nothing')],
    ['REQUEUE_HOLD', job('REQUEUE_HOLD'), all('nothing')],
    ['SPECIAL_EXIT', job('SPECIAL_EXIT'), all('nothing')],
    ...['RUNNING', 'CONFIGURING', 'POWER_UP_NODE', 'SUSPENDED', 'STOPPED', 'RESIZING', 'SIGNALING'].map(
      (state): [string, Job, string[]] => [state, job(state), active],
    ),
    ...['COMPLETING', 'REQUEUED', 'REQUEUE_FED', 'STAGE_OUT', 'LAUNCH_FAILED'].map((state): [string, Job, string[]] => [
      state,
      job(state),
      hidden,
    ]),
    ['COMPLETING on its way into the queue', job('COMPLETING', { endTime: null }), hidden],
    ['CANCELLED', job('CANCELLED'), all('cancelled')],
    ...['FAILED', 'COMPLETED', 'TIMEOUT', 'NODE_FAIL', 'BOOT_FAIL', 'OUT_OF_MEMORY', 'PREEMPTED'].map(
      (state): [string, Job, string[]] => [state, job(state), over],
    ),
    ['DEADLINE', job('DEADLINE'), ['refused', 'refused', 'refused', 'nothing', 'nothing']],
    ['a revoked launch', job('FAILED', { exitCode: '1:0', startTime: NOW, endTime: NOW }), all('requeue')],
    ['REVOKED', job('REVOKED'), unread],
    ['a word of the future', job('HIBERNATING'), unread],
  ])('%s', (_, shown, expected) => {
    const of = (known: Known): string => act(ended(known), [shown]);
    expect([
      of('reported'),
      of('heartbeat time-out'),
      of('seen'),
      act(ended('reported', 0), [shown]),
      act(noWord, [shown]),
    ]).toEqual(expected);
  });

  it('leaves a begin time of the user alone, and believes no record of an earlier incarnation at once', () => {
    const first = job('PENDING', { ...hold, restartCount: 0 });
    expect(act(noWord, [first])).toBe('nothing');
    expect(act(ended('seen'), [first])).toBe('wait');
    expect(act(ended('seen'), [first], { waitedMs: 61_000 })).toBe('gone');
  });

  it('submits only when nothing was ever bound; a record that stays gone takes the next submission (P9)', () => {
    expect(act(nothingKnown, [])).toBe('submit');
    for (const input of [{ ...nothingKnown, jobId: '7' }, ended('seen')]) {
      expect(act(input, [], { waitedMs: 4_000 })).toBe('look again');
      expect(act(input, [], { waitedMs: 5_000 })).toBe('gone');
    }
  });

  it('does not wait for ever for an agent that said goodbye, nor for a word that says nothing', () => {
    expect(act(ended('reported'), [job('RUNNING')], { waitedMs: 29_000 })).toBe('wait');
    expect(act(ended('reported'), [job('RUNNING')], { waitedMs: 31_000 })).toBe('requeue');
    expect(act(ended('reported'), [job('HIBERNATING')], { waitedMs: 241_000 })).toBe('refused');
  });

  it('asks after the node of a silent agent, and takes a new job when that is silent too', () => {
    const lost = ended('heartbeat time-out');
    expect(act(lost, [job('RUNNING')], { nodeSilent: null })).toBe('ask node');
    expect(act(lost, [job('RUNNING')], { nodeSilent: true })).toBe('node dead');
    expect(act(lost, [job('RUNNING')], { nodeSilent: false })).toBe('requeue');
  });

  it('does not wait for SLURM to give a node up when a requeued job hangs there', () => {
    const hanging = job('COMPLETING', { restartCount: 2, endTime: null });
    expect(act(ended('heartbeat time-out'), [hanging], { waitedMs: 2_000, nodeSilent: null })).toBe('wait');
    expect(act(ended('heartbeat time-out'), [hanging], { waitedMs: 4_000, nodeSilent: null })).toBe('ask node');
    expect(act(ended('heartbeat time-out'), [hanging], { waitedMs: 4_000, nodeSilent: true })).toBe('node dead');
    expect(act(ended('heartbeat time-out'), [hanging], { waitedMs: 14_000 })).toBe('wait');
    expect(act(ended('heartbeat time-out'), [hanging], { waitedMs: 16_000 })).toBe('refused');
    expect(act(ended('reported'), [hanging], { waitedMs: 59_000 })).toBe('wait');
    expect(act(ended('reported'), [hanging], { waitedMs: 61_000 })).toBe('refused');
  });

  it('waits as long as COMPLETING may hide a scancel, on a dead node too (P7)', () => {
    for (const known of ['reported', 'heartbeat time-out', 'seen'] as const)
      expect(act(ended(known), [job('COMPLETING')], { waitedMs: 3_600_000, nodeSilent: true })).toBe('wait');
  });

  it('gives a launch that fails again and again to a new job', () => {
    expect(act(noWord, [job('PENDING', { reason: 'JobHoldMaxRequeue' })], { unheld: () => 3 })).toBe('refused');
  });

  it('lets go of the hold that an expedited requeue brings after a failure', () => {
    expect(act(ended('seen', 0), [job('REQUEUE_HOLD')], { policy: 'expedite' })).toBe('let go');
    // P10: where SLURM does not let it go, its reason tells the command; it is not asked for ever.
    expect(act(ended('seen', 0), [job('REQUEUE_HOLD')], { policy: 'expedite', unheld: () => 3 })).toBe('nothing');
  });

  it('takes a new job after every end where that is the policy, but never after a cancel', () => {
    const policy = 'resubmit';
    for (const state of ['FAILED', 'TIMEOUT', 'PREEMPTED', 'NODE_FAIL'])
      expect(act(ended('reported'), [job(state)], { policy })).toBe('policy');
    expect(act(ended('heartbeat time-out'), [job('RUNNING')], { policy })).toBe('policy');
    expect(act(ended('reported', 0), [job('PENDING', hold)], { policy })).toBe('policy');
    expect(act(ended('reported'), [job('CANCELLED')], { policy })).toBe('cancelled');
  });

  it('prefers a live job to one that ended before it', () => {
    const plan = decide(
      nothingKnown,
      [job('FAILED', { jobId: '5' }), job('PENDING', { jobId: '12' }), job('PENDING', { jobId: '9' })],
      moment,
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

  const arbitraryMoment = fc.record({
    waitedMs: fc.nat(700_000),
    policy: fc.constantFrom('requeue', 'expedite', 'resubmit'),
    nodeSilent: fc.option(fc.boolean()),
  });

  it('is total, and keeps its promises whatever is shown', () => {
    const jobs = fc.uniqueArray(arbitraryJob, { selector: (one) => one.jobId, maxLength: 3 });
    fc.assert(
      fc.property(arbitraryInput, jobs, arbitraryMoment, (input, shown, more) => {
        const { decision, strays } = decide(input, shown, { ...moment, ...more });
        const target = 'job' in decision ? decision.job : null;
        if (more.nodeSilent !== null) expect(decision.action).not.toBe('ask node');
        // P1: never a second job beside a live one, and never more than one live job left.
        if (decision.action === 'submit') expect(shown.filter(isLive)).toEqual([]);
        expect(shown.filter((one) => isLive(one) && one !== target && !strays.includes(one))).toEqual([]);
        expect(strays.map((stray) => stray.jobId)).not.toContain(input.jobId);
        // P7: a cancel is never undone.
        if (target?.state === 'CANCELLED') expect(['cancelled', 'wait', 'resubmit']).toContain(decision.action);
        if (target?.state === 'CANCELLED' && decision.action === 'resubmit') expect(decision.why).toBe('gone');
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
