import { expect, it } from 'vitest';
import { createCallRate, together } from '../../../activities/scheduler/call-rate.ts';
import type { SchedulerCall } from '../../../activities/scheduler/port.ts';

const call = (command: string, result: SchedulerCall['result'] = 'ok', throttled = false): SchedulerCall => ({
  ...{ command, milliseconds: 5, result, throttled },
});
const MINUTE = 60_000;

it('P10: the calls of the last hour are counted by command, older ones fall out', () => {
  let now = 1_000 * MINUTE;
  const rate = createCallRate(() => now);
  rate.add(call('squeue'));
  now += 30 * MINUTE;
  rate.add(call('squeue', 'unanswered', true));
  rate.add(call('sbatch', 'refused'));
  const one = { calls: 1, milliseconds: 5, refused: 0, unanswered: 0, throttled: 0 };
  expect(rate.report()).toEqual({
    since: 1_000 * MINUTE,
    until: now,
    commands: {
      squeue: { ...one, calls: 2, milliseconds: 10, unanswered: 1, throttled: 1 },
      sbatch: { ...one, refused: 1 },
    },
  });
  now += 45 * MINUTE;
  expect(rate.report().commands['squeue']?.calls).toBe(1);
  expect(rate.report().since).toBeGreaterThan(1_000 * MINUTE);
  now += 60 * MINUTE;
  expect(rate.report().commands).toEqual({});
});

it('reports of several workers add up', () => {
  const report = (since: number, calls: number) => ({
    ...{ since, until: 10 },
    commands: { squeue: { calls, milliseconds: 1, refused: 0, unanswered: 0, throttled: 0 } },
  });
  expect(together([report(3, 2), report(1, 4)])).toMatchObject({
    since: 1,
    until: 10,
    commands: { squeue: { calls: 6 } },
  });
  expect(together([])).toBeNull();
});
