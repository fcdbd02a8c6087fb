import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpenedSweep } from '../../workflows/activities.ts';
import type { TrialEnded } from '../../workflows/messages.ts';
import * as change from '../../workflows/sweep-state.ts';
import { newSweep, type Sweep } from '../../workflows/sweep-state.ts';
import * as view from '../../workflows/sweep-view.ts';

const opened: OpenedSweep = {
  directory: '/sweeps/lr',
  method: 'random',
  metric: { name: 'loss', goal: 'minimize' },
  size: 10,
  concurrency: 4,
  missingSearchAttributes: [],
  warnings: [],
  historyLimit: null,
  trial: {
    heartbeatSeconds: 60,
    trainerRetries: 1,
    lostLaunches: 5,
    stalledSegments: 5,
    searchAttributes: true,
    metric: 'loss',
  },
};
const ended = (number: number, objective: number | null, state: TrialEnded['state'] = 'complete'): TrialEnded => ({
  ...change.silentEnd({ number, hyperparameters: { lr: number } }, ''),
  state,
  objective,
});
const start = (sweep: Sweep, numbers: readonly number[]): Sweep =>
  change.started(
    sweep,
    numbers,
    numbers.map((number) => ({ number, hyperparameters: { lr: number } })),
  );

describe('the window', () => {
  test('is filled up to the concurrency, then up to the size', () => {
    let sweep = newSweep(opened);
    expect(change.wanted(sweep, 50)).toEqual([1, 2, 3, 4]);
    sweep = start(sweep, [1, 2, 3, 4]);
    expect(change.wanted(sweep, 50)).toEqual([]);
    sweep = change.trialEnded({ ...sweep, size: 5 }, ended(2, 0.5));
    expect(change.wanted(sweep, 50)).toEqual([5]);
    expect(change.wanted({ ...sweep, size: 4 }, 50)).toEqual([]);
  });

  test('stays empty while paused, cancelled, or when the space has ended', () => {
    expect(change.wanted({ ...newSweep(opened), paused: true }, 50)).toEqual([]);
    expect(change.wanted({ ...newSweep(opened), cancelled: true }, 50)).toEqual([]);
    const exhausted = change.started(newSweep({ ...opened, size: null }), [1, 2], [{ number: 1, hyperparameters: {} }]);
    expect(exhausted).toMatchObject({ exhausted: true, next: 2 });
    expect(change.wanted(exhausted, 50)).toEqual([]);
  });
});

describe('the leaderboard', () => {
  test('follows the goal, keeps equal trials in order of number, puts trials without an objective last', () => {
    const results: [number, number | null][] = [
      [1, 0.5],
      [2, null],
      [3, 0.1],
      [4, 0.5],
    ];
    const run = (metric: OpenedSweep['metric']): number[] => {
      let sweep = start(newSweep({ ...opened, metric }), [1, 2, 3, 4]);
      for (const [number, objective] of results.toReversed())
        sweep = change.trialEnded(sweep, ended(number, objective));
      return sweep.top.map((row) => row.number);
    };
    expect(run({ name: 'loss', goal: 'minimize' })).toEqual([3, 1, 4, 2]);
    expect(run({ name: 'accuracy', goal: 'maximize' })).toEqual([1, 4, 3, 2]);
  });

  test('holds the best twenty only, complete ones only', () => {
    const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
    let sweep = start(newSweep(opened), numbers);
    for (const number of numbers)
      sweep = change.trialEnded(sweep, ended(number, 100 - number, number % 2 === 0 ? 'complete' : 'failed'));
    expect(sweep.top).toHaveLength(change.TOP);
    expect(sweep.top[0]?.number).toBe(40);
    expect(sweep.counts).toEqual({ complete: 20, failed: 20, pruned: 0, cancelled: 0 });
  });
});

test('a second word about the same end changes nothing', () => {
  const sweep = change.trialEnded(start(newSweep(opened), [1]), ended(1, 0.5));
  expect(change.trialEnded(sweep, ended(1, 0.4, 'failed'))).toBe(sweep);
});

test('a pause is complete when every live trial has given its job back; a resume forgets that', () => {
  let sweep: Sweep = { ...start(newSweep(opened), [1, 2]), paused: true };
  const state = (): string => view.status(sweep, 'lr').state;
  expect(state()).toBe('pausing');
  sweep = change.trialPaused(sweep, 1);
  expect(state()).toBe('pausing');
  expect(view.liveRows(sweep).map((row) => row.state)).toEqual(['paused', 'running']);
  sweep = change.trialPaused(sweep, 2);
  expect(state()).toBe('paused');
  sweep = change.resumed(sweep);
  expect(state()).toBe('running');
  expect({ ...sweep, paused: true }.live.some((trial) => trial.paused)).toBe(false);
});

test('changed job options are one note, the newest', () => {
  let sweep = change.jobOptions(newSweep(opened), { partition: 'low' });
  sweep = change.jobOptions(sweep, { partition: 'high', exclusive: true, qos: null });
  expect(sweep.notes).toEqual(['jobs are submitted with partition=high, exclusive, no qos (setJobOptions)']);
});

test('is over only when nothing runs and all is written', () => {
  let sweep = start(newSweep({ ...opened, size: 1 }), [1]);
  expect(change.isOver(sweep)).toBe(false);
  sweep = change.trialEnded(sweep, ended(1, 0.5));
  expect(change.isOver(sweep)).toBe(false);
  sweep = change.recorded(sweep, 1, 99);
  expect(change.isOver(sweep)).toBe(true);
  expect(view.status(sweep, 'lr')).toMatchObject({ state: 'complete', best: { number: 1 } });
});

test('details stay below what Temporal keeps, whatever the hyperparameters', () => {
  const wide = { text: '|'.repeat(5_000) };
  let sweep = change.started(newSweep(opened), [1], [{ number: 1, hyperparameters: wide }]);
  sweep = change.trialEnded(sweep, { ...ended(1, 1), hyperparameters: wide });
  expect(view.details(sweep).length).toBeLessThan(20_000);
});

test('any order of ends, caps and pauses: each number once, never more live than the window', () => {
  const step = fc.oneof(
    fc.constant('fill' as const),
    fc.nat(9).map((pick) => ({ end: pick })),
    fc.integer({ min: 0, max: 8 }).map((concurrency) => ({ concurrency })),
    fc.boolean().map((paused) => ({ paused })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let sweep = newSweep(opened);
      const seen: number[] = [];
      for (const one of steps) {
        if (one === 'fill') {
          const numbers = change.wanted(sweep, 3);
          seen.push(...numbers);
          sweep = start(sweep, numbers);
          if (numbers.length > 0) expect(sweep.live.length).toBeLessThanOrEqual(sweep.concurrency);
        } else if ('end' in one) {
          const live = sweep.live[one.end % Math.max(1, sweep.live.length)];
          if (live !== undefined) sweep = change.trialEnded(sweep, ended(live.number, live.number));
        } else {
          sweep = { ...sweep, ...one };
        }
      }
      expect(seen).toEqual(seen.map((_, index) => index + 1));
      expect(sweep.live.length + sweep.unrecorded.length).toBe(seen.length);
      expect(seen.length).toBeLessThanOrEqual(10);
    }),
  );
});

describe('trials of users', () => {
  test('go first, in their order, and count beside the others', () => {
    let sweep = change.enqueued(change.enqueued(newSweep({ ...opened, size: 3, concurrency: 2 }), { lr: 7 }), {
      lr: 8,
    });
    expect(sweep.size).toBe(5);
    expect(view.status(sweep, 'lr').notes).toEqual([
      '2 trials of users (enqueueTrial, retryTrial) will be started next',
    ]);
    const numbers = change.wanted(sweep, 50);
    expect(change.question(sweep, numbers)).toMatchObject({
      numbers: [1, 2],
      given: [{ lr: 7 }, { lr: 8 }],
      skipped: 0,
    });
    sweep = change.started(
      sweep,
      numbers,
      [
        { number: 1, hyperparameters: { lr: 7 } },
        { number: 2, hyperparameters: { lr: 8 } },
      ],
      2,
    );
    sweep = change.trialEnded(sweep, ended(2, 0.5));
    expect(change.question(sweep, change.wanted(sweep, 50))).toMatchObject({ numbers: [3], given: [], skipped: 2 });
  });

  test('are started where the sampler has no more to give, or the target is reached', () => {
    for (const end of [{ exhausted: true }, { reached: true }]) {
      const sweep = { ...newSweep({ ...opened, size: null }), ...end };
      expect(change.isOver(sweep)).toBe(true);
      const more = change.enqueued(sweep, { lr: 1 });
      expect(change.isOver(more)).toBe(false);
      expect(change.wanted(more, 50)).toEqual([1]);
    }
  });

  test('keep a sweep from being over, whatever the run cap says', () => {
    const sweep = change.enqueued({ ...newSweep(opened), size: 0 }, { lr: 1 });
    expect(change.isOver({ ...sweep, size: 0 })).toBe(false);
    expect(change.isOver({ ...sweep, cancelled: true })).toBe(true);
  });

  test('that were queued in a run before are carried over; a run of an older release had none', () => {
    const sweep = change.enqueued(newSweep(opened), { lr: 1 });
    expect(change.carriedOver(JSON.parse(JSON.stringify(sweep)) as Sweep)).toEqual(sweep);
    const { queued: _, given: __, reached: ___, ...older } = newSweep(opened);
    expect(change.carriedOver(older as Sweep)).toEqual(newSweep(opened));
  });
});

describe('the target', () => {
  const target = (goal: 'minimize' | 'maximize') => ({ ...opened, metric: { name: 'loss', goal, target: 0.5 } });
  test.each([
    ['minimize', 0.5, true],
    ['minimize', 0.6, false],
    ['maximize', 0.5, true],
    ['maximize', 0.4, false],
  ] as const)('%s, objective %d: reached %s', (goal, objective, reached) => {
    const sweep = change.trialEnded(start(newSweep(target(goal)), [1, 2]), ended(1, objective));
    expect(change.wanted(sweep, 50)).toHaveLength(reached ? 0 : 3);
    expect(view.status(sweep, 'lr').state).toBe(reached ? 'finishing' : 'running');
    expect(sweep.notes).toHaveLength(reached ? 1 : 0);
  });

  test('a failed trial does not reach it', () => {
    expect(change.trialEnded(start(newSweep(target('minimize')), [1]), ended(1, 0, 'failed')).reached).toBe(false);
  });
});

/** What the workflow does between two waits: fills the window, records, and again while there is something to do. */
function settle(sweep: Sweep, asked: unknown[]): Sweep {
  for (let now = sweep; ;) {
    const numbers = change.wanted(now, 50);
    if (numbers.length > 0) {
      asked.push(change.question(now, numbers));
      now = start(now, numbers);
    }
    const count = change.recordable(now);
    if (count === 0) return now;
    now = change.recorded(now, count, now.offset + count);
  }
}

test('P12: where the sampler learns, the order of ends decides every question, however many come at once', () => {
  const bursts = fc.array(fc.array(fc.nat(100), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(bursts, fc.integer({ min: 1, max: 4 }), (all, concurrency) => {
      const open = newSweep({ ...opened, learns: true, size: null, concurrency });
      const end = (sweep: Sweep, pick: number): Sweep => {
        const live = sweep.live.map(({ number }) => number);
        return live.length === 0 ? sweep : change.trialEnded(sweep, ended(live[pick % live.length]!, 0.5));
      };
      const [together, single]: [unknown[], unknown[]] = [[], []];
      let one = settle(open, together);
      let other = settle(open, single);
      for (const burst of all) {
        const before = one.live.map(({ number }) => number);
        for (const pick of burst) one = end(one, pick);
        const gone = one.unrecorded.map(({ number }) => number);
        expect(before).toEqual(expect.arrayContaining(gone));
        one = settle(one, together);
        for (const number of gone) other = settle(change.trialEnded(other, ended(number, 0.5)), single);
      }
      expect(together).toEqual(single);
    }),
  );
});
