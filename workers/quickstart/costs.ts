/** What each interruption cost, from the trial's own history and files. Pure but for the last function. */
import type { Client } from '@temporalio/client';
import type { TrialEnded } from '../../workflows/messages.ts';

export interface Cost {
  readonly trial: number;
  readonly cause: string;
  /** From the end of one segment to the beginning of the next. */
  readonly seconds: number;
  /** Trained twice. */
  readonly batches: number;
}

/** When segments began and ended, milliseconds since the epoch, by segment number. */
export interface SegmentTimes {
  readonly began: ReadonlyMap<number, number>;
  readonly ended: ReadonlyMap<number, number>;
}

interface Timestamp {
  readonly seconds?: { toNumber(): number } | number | string | null;
  readonly nanos?: number | null;
}

/** The parts of a history that tell a segment's times. */
export interface HistoryEvent {
  readonly eventId?: unknown;
  readonly eventTime?: Timestamp | null;
  readonly activityTaskScheduledEventAttributes?: { readonly activityId?: string | null } | null;
  readonly activityTaskStartedEventAttributes?: { readonly scheduledEventId?: unknown } | null;
  readonly activityTaskCompletedEventAttributes?: { readonly scheduledEventId?: unknown } | null;
  readonly activityTaskFailedEventAttributes?: { readonly scheduledEventId?: unknown } | null;
  readonly activityTaskTimedOutEventAttributes?: { readonly scheduledEventId?: unknown } | null;
  readonly activityTaskCancelRequestedEventAttributes?: { readonly scheduledEventId?: unknown } | null;
}

/**
 * A segment begins when its activity starts. It ends when that completes, fails or times out, or when the trial gives it
 * up: an agent that was killed completes nothing, so the request to cancel is the first word of its end.
 */
export function segmentTimes(events: readonly HistoryEvent[]): SegmentTimes {
  const segments = new Map<string, number>();
  const began = new Map<number, number>();
  const ended = new Map<number, number>();
  for (const event of events) {
    const name = /^train-(\d+)$/.exec(event.activityTaskScheduledEventAttributes?.activityId ?? '');
    if (name !== null) {
      segments.set(String(event.eventId), Number(name[1]));
      began.set(Number(name[1]), time(event)); // replaced by its start, which history tells only when it closes
    }
    const started = segments.get(String(event.activityTaskStartedEventAttributes?.scheduledEventId));
    if (started !== undefined) began.set(started, time(event));
    const closing =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCancelRequestedEventAttributes;
    const over = segments.get(String(closing?.scheduledEventId));
    if (over !== undefined && !ended.has(over)) ended.set(over, time(event));
  }
  return { began, ended };
}

function time({ eventTime }: HistoryEvent): number {
  return Number(eventTime?.seconds ?? 0) * 1_000 + (eventTime?.nanos ?? 0) / 1_000_000;
}

/** One cost per resume of the trial, in order. `repeated` tells the batches that segment `n` trained in vain. */
export function costsOf(trial: TrialEnded, times: SegmentTimes, repeated: (segment: number) => number): Cost[] {
  return Array.from({ length: trial.resumes }, (_, index) => {
    const from = times.ended.get(index + 1);
    const to = times.began.get(index + 2);
    return {
      trial: trial.number,
      cause: trial.interruptions[index] ?? 'unknown',
      seconds: from === undefined || to === undefined ? NaN : Math.max(0, (to - from) / 1_000),
      batches: repeated(index + 1),
    };
  });
}

export async function fetchTimes(client: Client, workflowId: string): Promise<SegmentTimes> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  return segmentTimes((history.events ?? []) as readonly HistoryEvent[]);
}
