import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TrialSettings } from '../../workflows/activities.ts';
import { PROTOCOL, type AllocationStarted, type Outcome } from '../../workflows/messages.ts';
import { nothingSpent } from '../../workflows/budgets.ts';
import * as change from '../../workflows/trial-state.ts';
import { named } from '../../workflows/trial/failing.ts';
import { carriedOn, newTrial, type Trial } from '../../workflows/trial/memory.ts';

const settings: TrialSettings = {
  heartbeatSeconds: 60,
  trainerRetries: 1,
  lostLaunches: 2,
  stalledSegments: 3,
  searchAttributes: true,
  metric: 'loss',
};

const agent = (jobId: string, restartCount: number, submission = 1, protocol = PROTOCOL): AllocationStarted => ({
  submission,
  jobId,
  restartCount,
  protocol,
  node: 'n1',
  taskQueue: `lr/1@${jobId}.${restartCount}`,
});
const interrupted = (step: number, cause: 'limit' | 'preemption' = 'preemption'): Outcome => ({
  status: 'interrupted',
  cause,
  step,
  epoch: 0,
  batch: step,
});
const accept = (trial: Trial, started: AllocationStarted): Trial => {
  const result = change.announced(trial, started);
  expect(result.verdict).toBe('accepted');
  return result.trial;
};

describe('announcements', () => {
  test('the first job of a submission is bound, a second one is a stray', () => {
    const trial = accept(newTrial, agent('7', 0));
    expect(trial.jobId).toBe('7');
    expect(change.announced(trial, agent('8', 0))).toMatchObject({ verdict: 'stray', reason: "job 7 is the trial's" });
  });

  test('a higher restart count replaces the allocation, a lower or equal one is ignored', () => {
    const trial = accept(accept(newTrial, agent('7', 0)), agent('7', 2));
    expect(trial.allocation?.restartCount).toBe(2);
    expect(change.announced(trial, agent('7', 1)).verdict).toBe('ignored');
    expect(change.announced(trial, agent('7', 2)).verdict).toBe('ignored');
  });

  test('an allocation that has ended cannot announce itself again', () => {
    const over = change.allocationOver(accept(newTrial, agent('7', 1)), {
      submission: 1,
      jobId: '7',
      restartCount: 1,
      known: 'reported',
      why: 'agent',
    });
    expect(change.announced(over, agent('7', 1)).verdict).toBe('ignored');
    expect(change.announced(over, agent('7', 2)).verdict).toBe('accepted');
  });

  test('jobs of an older submission, of paused and of ended trials are strays', () => {
    expect(change.announced(change.resubmitted(newTrial), agent('7', 0)).verdict).toBe('stray');
    expect(change.announced(change.intend(newTrial, 'pause'), agent('7', 0)).verdict).toBe('stray');
    expect(change.announced({ ...newTrial, final: { state: 'complete', reason: '' } }, agent('7', 0)).verdict).toBe(
      'stray',
    );
  });

  test('a script of another protocol is resubmitted once for free, then it counts', () => {
    const first = change.announced(newTrial, agent('7', 0, 1, PROTOCOL - 1));
    expect(first).toMatchObject({ verdict: 'stray', trial: { submission: 2, jobId: null, lost: 0, mismatched: true } });
    const second = change.announced(first.trial, agent('8', 0, 2, PROTOCOL - 1));
    expect(second.trial).toMatchObject({ submission: 3, lost: 1 });
  });
});

describe('budgets', () => {
  test('preemptions are counted and never spend a budget', () => {
    let trial = newTrial;
    for (let turn = 1; turn <= 50; turn += 1) {
      trial = change.granted(accept(trial, agent('7', turn)));
      trial = change.settled(trial, interrupted(turn * 10), settings);
      trial = change.allocationOver(trial, {
        submission: 1,
        jobId: '7',
        restartCount: turn,
        known: 'reported',
        why: 'agent',
      });
    }
    expect(trial).toMatchObject({ final: null, resumes: 49, lost: 0, spent: nothingSpent, stalled: 0 });
    expect(trial.interruptions).toHaveLength(50);
  });

  test('segments that end where they began end the trial with that reason', () => {
    let trial = change.settled(newTrial, interrupted(10), settings);
    for (let turn = 0; turn < settings.stalledSegments; turn += 1)
      trial = change.settled(trial, interrupted(10, 'limit'), settings);
    expect(trial.final).toMatchObject({
      state: 'failed',
      type: 'NoProgress',
      reason: expect.stringContaining('at step 10'),
    });
  });

  test('a limit that is too short for a first checkpoint is named by that failure', () => {
    const outcome: Outcome = { status: 'interrupted', cause: 'limit', step: 0, epoch: 0, batch: 0, note: 'too short' };
    let trial = newTrial;
    for (let turn = 0; turn < settings.stalledSegments; turn += 1) trial = change.settled(trial, outcome, settings);
    expect(trial.final).toMatchObject({ reason: expect.stringMatching(/at step 0 \(last: limit\); too short$/) });
  });

  test('progress takes the stalled count back', () => {
    let trial = change.settled(change.settled(newTrial, interrupted(10), settings), interrupted(10), settings);
    expect(trial.stalled).toBe(1);
    trial = change.settled(trial, interrupted(11), settings);
    expect(trial.stalled).toBe(0);
  });

  test('P8: what is done of an evaluation is progress, and so is its end', () => {
    const after = (evaluated?: number): Outcome => ({ ...interrupted(10, 'limit'), ...(evaluated && { evaluated }) });
    let trial = newTrial;
    for (const evaluated of [undefined, 64, 128, 192, 256, 320]) {
      trial = change.settled(trial, after(evaluated), settings);
      expect(trial).toMatchObject({ final: null, stalled: 0 });
    }
    for (const evaluated of [320, 64]) trial = change.settled(trial, after(evaluated), settings);
    expect(trial).toMatchObject({ stalled: 2, position: { step: 10, evaluated: 320 } });
    trial = change.settled(trial, { status: 'interrupted', cause: 'limit', step: 10, epoch: 1, batch: 0 }, settings);
    expect(trial).toMatchObject({ stalled: 0, position: { step: 10, epoch: 1 } });
  });

  test('lost launches have a budget of their own, and an announcement fills it again', () => {
    const end = { submission: 1, jobId: '7', known: 'reported', why: 'launch.sh, exit code 3' } as const;
    let trial: Trial = newTrial;
    for (let restartCount = 0; restartCount <= settings.lostLaunches; restartCount += 1) {
      expect(change.launchBudget(trial, settings).final).toBeNull();
      trial = change.allocationOver(trial, { ...end, restartCount });
    }
    expect(change.launchBudget(trial, settings).final).toMatchObject({
      type: 'LaunchLost',
      reason: expect.stringContaining('launch.sh, exit code 3'),
    });
    expect(accept(trial, agent('7', 9)).lost).toBe(0);
  });

  test('P8: a launch that was preempted before it announced itself is no lost one, however often', () => {
    const end = { submission: 1, jobId: '7', known: 'reported', why: 'preemption' } as const;
    let trial: Trial = newTrial;
    for (let restartCount = 0; restartCount < 50; restartCount += 1)
      trial = change.launchBudget(change.allocationOver(trial, { ...end, restartCount }, true), settings);
    expect(trial).toMatchObject({ lost: 0, final: null });
  });

  test('trainer errors are retried as often as asked for, a missing program never', () => {
    const error: Outcome = { status: 'failed', type: 'TrainerError', message: 'boom' };
    const once = change.settled(newTrial, error, settings);
    expect(once.final).toBeNull();
    expect(change.settled(once, error, settings).final).toEqual({
      state: 'failed',
      type: 'TrainerError',
      reason: 'boom',
    });
    expect(change.settled(newTrial, { ...error, type: 'ProgramMissing' }, settings).final).toMatchObject({
      state: 'failed',
    });
  });

  test('pausing again and again is no lack of progress', () => {
    let trial: Trial = newTrial;
    for (let turn = 0; turn < 10; turn += 1)
      trial = change.settled(change.intend(trial, 'pause'), interrupted(10), settings);
    expect(trial).toMatchObject({ final: null, stalled: 0 });
    expect(trial.interruptions.every((cause) => cause === 'pause')).toBe(true);
  });
});

test('a time limit that is too short for one batch is said, with what to do', () => {
  let trial: Trial = newTrial;
  for (let turn = 0; turn < settings.stalledSegments; turn += 1)
    trial = change.settled(trial, interrupted(0, 'limit'), settings);
  expect(trial.final).toMatchObject({
    type: 'NoProgress',
    reason: expect.stringMatching(
      /3 of them at the job's time limit, which is too short .* raise "time" under temporal/,
    ),
  });
});

describe("SLURM's record of an end", () => {
  const bounded: TrialSettings = {
    ...settings,
    retries: {
      trainer: { times: 1, backoffSeconds: 0, excludeNode: true },
      outOfMemory: { times: 1, backoffSeconds: 30, excludeNode: false },
      nodeFailure: { times: 2, backoffSeconds: 0, excludeNode: true },
      unusableCheckpoint: { times: 0, backoffSeconds: 0, excludeNode: false },
    },
  };
  const end = { submission: 1, jobId: '7', restartCount: 0, known: 'reported', why: 'agent died' } as const;
  const endedBy = (cause: string): Trial =>
    change.allocationOver(
      change.interrupted(change.granted(accept(newTrial, agent('7', 0))), cause, null, bounded),
      end,
    );

  test('names an agent that was lost, once', () => {
    const trial = named(endedBy('lost'), { state: 'NODE_FAIL', node: null }, bounded);
    expect(trial).toMatchObject({
      interruptions: ['node failure'],
      stalled: 0,
      spent: { nodeFailure: 1 },
      excludeNodes: ['n1'],
      retry: { fresh: true, after: 'a failure of its node (1 of 2)' },
    });
    expect(named(trial, { state: 'NODE_FAIL', node: null }, bounded).spent.nodeFailure).toBe(1);
  });

  test('turns a SIGTERM that was taken for a preemption into the limit, and costs nothing', () => {
    const trial = named(endedBy('preemption'), { state: 'TIMEOUT', node: 'n1' }, bounded);
    expect(trial).toMatchObject({ interruptions: ['limit'], spent: nothingSpent, retry: null });
  });

  test('gives an error of the trainer back that was an out-of-memory error', () => {
    const error: Outcome = { status: 'failed', type: 'TrainerDied', message: 'killed' };
    const failed = change.settled(change.granted(accept(newTrial, agent('7', 0))), error, bounded);
    expect(failed.spent.trainer).toBe(1);
    const trial = named(change.allocationOver(failed, end), { state: 'OUT_OF_MEMORY', node: 'n1' }, bounded);
    expect(trial).toMatchObject({
      interruptions: ['out of memory'],
      spent: { trainer: 0, outOfMemory: 1 },
      retry: { fresh: false, seconds: 30, after: 'an out-of-memory error (1 of 1)' },
    });
  });

  test('a launch that a preemption or its node ended before it announced itself was no lost one', () => {
    const lost = change.allocationOver(newTrial, end);
    expect(lost.lost).toBe(1);
    expect(named(lost, { state: 'PREEMPTED', node: null }, bounded)).toMatchObject({ lost: 0, interruptions: [] });
    expect(named(lost, { state: 'NODE_FAIL', node: 'n3' }, bounded)).toMatchObject({ lost: 0, excludeNodes: ['n3'] });
    expect(named(lost, { state: 'FAILED', node: null }, bounded).lost).toBe(1);
  });
});

test('what 0.1.0 left at a continue-as-new goes on with its count of errors', () => {
  const { spent: _, retry: __, ...old } = { ...newTrial, errors: 1 };
  expect(carriedOn(old as unknown as Trial)).toMatchObject({ spent: { trainer: 1, nodeFailure: 0 }, retry: null });
});

describe('intent', () => {
  test('an end outranks a pause, and the first end stays', () => {
    const paused = change.intend(newTrial, 'pause');
    const cancelled = change.intend(paused, 'cancel');
    expect(cancelled.intent).toBe('cancel');
    expect(change.intend(cancelled, 'stop').intent).toBe('cancel');
    expect(change.intend(cancelled, 'pause').intent).toBe('cancel');
  });
});

describe('news of SLURM', () => {
  const running = accept(newTrial, agent('7', 1));
  const news = { jobId: '7', restartCount: 1, state: 'NODE_FAIL', reason: 'None' };

  test('ends the allocation it is about, and no other', () => {
    expect(change.jobOver(running, news)).toBe(true);
    expect(change.jobOver(running, { ...news, jobId: '8' })).toBe(false);
    expect(change.jobOver(running, { ...news, restartCount: 0 })).toBe(false);
    expect(change.jobOver(running, { ...news, state: 'RUNNING' })).toBe(false);
  });

  test("SLURM's own requeue ends the running incarnation", () => {
    expect(change.jobOver(running, { ...news, state: 'PENDING', restartCount: 2 })).toBe(true);
  });

  test('stale news of an end that is known changes nothing', () => {
    const over = change.allocationOver(running, {
      submission: 1,
      jobId: '7',
      restartCount: 1,
      known: 'reported',
      why: 'agent',
    });
    expect(change.jobOver(over, { ...news, state: 'FAILED' })).toBe(false);
    expect(change.jobOver(over, { ...news, state: 'CANCELLED', restartCount: 2 })).toBe(true);
  });
});

// --- whatever comes in whatever order ---

type Event = (trial: Trial) => Trial;

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ job: fc.constantFrom('7', '8'), restart: fc.nat(5), submission: fc.integer({ min: 1, max: 3 }) }).map(
    ({ job, restart, submission }): Event =>
      (trial) =>
        change.announced(trial, agent(job, restart, submission)).trial,
  ),
  fc.nat(40).map(
    (step): Event =>
      (trial) =>
        trial.allocation === null ? trial : change.settled(change.granted(trial), interrupted(step), settings),
  ),
  fc.constant<Event>((trial) =>
    trial.allocation === null
      ? trial
      : change.allocationOver(trial, { ...trial.allocation, known: 'reported', why: 'agent' }),
  ),
  fc.constant<Event>((trial) => change.launchBudget(change.resubmitted({ ...trial, lost: trial.lost + 1 }), settings)),
  fc.constantFrom('cancel', 'pause', 'stop').map(
    (intent): Event =>
      (trial) =>
        change.intend(trial, intent as 'cancel'),
  ),
);

describe('any order of events', () => {
  test('binds one job per submission, never lowers a count, and never takes an end back', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const bound = new Map<number, string>();
        let trial: Trial = newTrial;
        for (const apply of events) {
          const before = trial;
          trial = apply(trial);
          if (trial.jobId !== null) {
            expect(bound.get(trial.submission) ?? trial.jobId).toBe(trial.jobId);
            bound.set(trial.submission, trial.jobId);
          }
          expect(trial.submission).toBeGreaterThanOrEqual(before.submission);
          expect(trial.segment).toBeGreaterThanOrEqual(before.segment);
          if (before.final !== null) expect(trial.final).not.toBeNull();
          const [was, is] = [before.allocation, trial.allocation];
          if (was !== null && is !== null && was.submission === is.submission)
            expect(is.restartCount).toBeGreaterThanOrEqual(was.restartCount);
        }
      }),
    );
  });
});

test('an allocation that ended without an outcome is named by the notice that its agent heard', () => {
  const news = { submission: 1, jobId: '7', restartCount: 0, segment: null, outcome: null, code: null };
  expect(change.causeOf({ ...news, why: 'limit' })).toBe('limit');
  expect(change.causeOf({ ...news, why: 'preemption' })).toBe('preemption');
  expect(change.causeOf({ ...news, why: 'agent died' })).toBe('lost');
  expect(change.causeOf(null)).toBe('lost');
});

test.each([
  ['PENDING', 'launch failed requeued held', true],
  ['PENDING', 'launch_failed_requeued_held', true],
  ['PENDING', 'JobHoldMaxRequeue', true],
  ['PENDING', 'JobHeldUser', false],
  ['PENDING', 'Resources', false],
  ['PENDING', 'BeginTime', true],
  ['RUNNING', 'None', false],
])('%s, %s: whether ensureJob is asked again is %s', (state, reason, expected) => {
  const trial = { ...newTrial, jobId: '7' };
  expect(change.isHeldForUs(trial, { jobId: '7', restartCount: 1, state, reason })).toBe(expected);
  expect(change.isHeldForUs(trial, { jobId: '8', restartCount: 1, state, reason })).toBe(false);
});
