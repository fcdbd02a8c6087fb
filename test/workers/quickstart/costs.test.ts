import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { trialLayout } from '../../../activities/layout.ts';
import { costsOf, segmentTimes, type HistoryEvent } from '../../../workers/quickstart/costs.ts';
import { recordSteps } from '../../../workers/quickstart/steps.ts';
import { beat, ended, live, view } from './views.ts';

const at = (seconds: number, more: HistoryEvent): HistoryEvent => ({
  eventTime: { seconds, nanos: 500_000_000 },
  ...more,
});
const scheduled = (id: number, activityId: string) => ({
  eventId: id,
  activityTaskScheduledEventAttributes: { activityId },
});
const started = (id: number) => ({ activityTaskStartedEventAttributes: { scheduledEventId: id } });
const completed = (id: number) => ({ activityTaskCompletedEventAttributes: { scheduledEventId: id } });

describe('times of segments', () => {
  it('are those of the activity’s start and end', () => {
    const { began, ended: over } = segmentTimes([
      at(1, scheduled(5, 'train-1')),
      at(2, started(5)),
      at(9, completed(5)),
      at(10, scheduled(8, '8')),
      at(11, completed(8)),
    ]);
    expect([...began]).toEqual([[1, 2_500]]);
    expect([...over]).toEqual([[1, 9_500]]);
  });
  it('end for a killed agent when the trial gives it up, not when its heartbeat times out', () => {
    const { began, ended: over } = segmentTimes([
      at(1, scheduled(5, 'train-1')),
      at(7, { activityTaskCancelRequestedEventAttributes: { scheduledEventId: 5 } }),
      at(2, started(5)),
      at(27, { activityTaskTimedOutEventAttributes: { scheduledEventId: 5 } }),
    ]);
    expect(began.get(1)).toBe(2_500);
    expect(over.get(1)).toBe(7_500);
  });
});

describe('costs', () => {
  const times = {
    began: new Map([
      [1, 0],
      [2, 12_000],
      [3, 30_000],
    ]),
    ended: new Map([
      [1, 10_000],
      [2, 28_500],
    ]),
  };

  it('are one per resume, with the cause of the interruption before it', () => {
    const trial = ended(3, { segments: 3, resumes: 2, interruptions: ['preemption', 'lost'] });
    expect(costsOf(trial, times, (segment) => segment * 10)).toEqual([
      { trial: 3, cause: 'preemption', seconds: 2, batches: 10 },
      { trial: 3, cause: 'lost', seconds: 1.5, batches: 20 },
    ]);
  });
  it('of a history that does not tell are not numbers', () => {
    const trial = ended(1, { resumes: 1, interruptions: ['limit'] });
    expect(costsOf(trial, { began: new Map(), ended: new Map() }, () => 0)[0]?.seconds).toBeNaN();
  });
});

describe('batches trained twice', () => {
  const directories: string[] = [];
  afterEach(() => directories.splice(0).forEach((directory) => rmSync(directory, { recursive: true })));
  const trial = () => {
    const directory = mkdtempSync(join(tmpdir(), 'temporal-sweep-steps-'));
    directories.push(directory);
    const layout = trialLayout(directory);
    for (const segment of [1, 2]) mkdirSync(layout.segment(segment).directory, { recursive: true });
    return layout;
  };
  const resume = (layout: ReturnType<typeof trial>, step: number | null): void =>
    writeFileSync(layout.segment(2).resume, step === null ? 'null' : JSON.stringify({ segment: 1, step }));

  it('are none after a notice: the outcome tells where it stopped', () => {
    const layout = trial();
    writeFileSync(layout.segment(1).outcome, JSON.stringify({ status: 'interrupted', cause: 'limit', step: 70 }));
    resume(layout, 70);
    expect(recordSteps().repeated(1, layout, 1)).toBe(0);
  });
  it('after a kill reach from the resume point to the last heartbeat', () => {
    const layout = trial();
    const steps = recordSteps();
    steps.note(view([live(1, { heartbeat: beat(2, 80) })]));
    steps.reached(1, 1, 77);
    resume(layout, 64);
    expect(steps.repeated(1, layout, 1)).toBe(16);
    expect(steps.repeated(2, layout, 1)).toBe(0);
    resume(layout, null);
    expect(steps.repeated(1, layout, 1)).toBe(80);
  });
});
