import { expect, test } from 'vitest';
import { judgeRehearsal } from '../../../workers/doctor/judge-rehearsal.ts';
import { ensureJobEnds, timelineOf } from '../../../workers/doctor/rehearsal-timeline.ts';

test('a timeline holds what is known, in the order of time', () => {
  const mark = (job: string, what: string, at: number) => ({ job, what, at });
  const marks = [
    mark('7.0', 'trainer: checkpoint', 500),
    mark('7.0', 'notice', 1_010),
    mark('7.0', 'trainer: checkpoint', 1_050),
    mark('7.1', 'agent process', 2_000),
    mark('7.1', 'trainer: progress', 2_600),
  ];
  const times = { began: new Map([[2, 2_500]]), ended: new Map([[1, 1_060]]) };
  const stages = timelineOf({
    marks,
    times,
    ensured: [400, 1_700],
    before: '7.0',
    after: '7.1',
    segment: 1,
    zero: 1_000,
  });
  expect(stages.map(({ after }) => after)).toEqual([10, 50, 60, 700, 1_000, 1_500, 1_600]);
  const poor = timelineOf({
    marks: [],
    times: { began: new Map(), ended: new Map() },
    ensured: [],
    before: '',
    after: '',
    segment: 1,
    zero: 0,
  });
  expect(poor).toEqual([]);
});

test('only calls of ensureJob count', () => {
  const scheduled = (eventId: number, name: string) => ({
    eventId,
    activityTaskScheduledEventAttributes: { activityId: 'x', activityType: { name } },
  });
  const completed = (scheduledEventId: number, seconds: number) => ({
    activityTaskCompletedEventAttributes: { scheduledEventId },
    eventTime: { seconds, nanos: 0 },
  });
  expect(ensureJobEnds([scheduled(5, 'ensureJob'), scheduled(6, 'train'), completed(6, 1), completed(5, 2)])).toEqual([
    2_000,
  ]);
});

test('P5: a repeated or lost step is a problem; what could not be rehearsed is a warning', () => {
  const resumed = { cause: 'notice', kind: 'resumed', stages: [], step: 20, next: 21, exact: true } as const;
  const acts = [
    resumed,
    { ...resumed, next: 22, exact: false },
    { cause: 'preemption', kind: 'skipped', why: 'no partition' },
    { cause: 'preemption', kind: 'stuck', why: 'waiting' },
  ] as const;
  const levels = judgeRehearsal({ kind: 'rehearsed', acts }).map(({ level }) => level);
  expect(levels).toEqual(['ok', 'problem', 'warning', 'problem']);
  expect(judgeRehearsal({ kind: 'not started', why: 'Resources' })).toMatchObject([{ level: 'warning' }]);
});
