/** What happened after an interruption, and when: from the agents' trace and the trial's history. */
import { first, FIRST_BATCH, last, type Mark } from '../agent/trace-file.ts';
import type { Stage } from './finding.ts';
import type { HistoryEvent, SegmentTimes } from '../quickstart/costs.ts';

export interface TimelineInput {
  readonly marks: readonly Mark[];
  readonly times: SegmentTimes;
  /** When calls of ensureJob ended, milliseconds since the epoch. */
  readonly ensured: readonly number[];
  /** `<job>.<restart count>` before and after. */
  readonly before: string;
  readonly after: string;
  /** The segment that was interrupted. */
  readonly segment: number;
  /** Milliseconds since the epoch. */
  readonly zero: number;
}

/** In the order in which they happened; what is not known is left out. Pure. */
export function timelineOf({ marks, times, ensured, before, after, segment, zero }: TimelineInput): Stage[] {
  const ended = times.ended.get(segment);
  const stages: readonly (readonly [string, number | undefined])[] = [
    ['the agent hears of it', first(marks, before, 'notice')],
    ['checkpoint durable', last(marks, before, 'trainer: checkpoint')],
    ['segment ended in Temporal', ended],
    ['requeued and released', ended === undefined ? undefined : ensured.find((at) => at >= ended)],
    ['the agent runs again', first(marks, after, 'agent process')],
    ['announced, granted work', times.began.get(segment + 1)],
    ['first new step', first(marks, after, FIRST_BATCH)],
  ];
  return stages
    .flatMap(([name, at]) => (at === undefined ? [] : [{ name, after: Math.round(at - zero) }]))
    .toSorted((one, other) => one.after - other.after);
}

type Event = HistoryEvent & {
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityId?: string | null;
    readonly activityType?: { readonly name?: string | null } | null;
  } | null;
};

/** When calls of ensureJob ended. Pure. */
export function ensureJobEnds(events: readonly Event[]): number[] {
  const calls = new Set(
    events
      .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'ensureJob')
      .map((event) => String(event.eventId)),
  );
  return events
    .filter((event) => calls.has(String(event.activityTaskCompletedEventAttributes?.scheduledEventId)))
    .map(({ eventTime }) => Number(eventTime?.seconds ?? 0) * 1_000 + (eventTime?.nanos ?? 0) / 1e6);
}
