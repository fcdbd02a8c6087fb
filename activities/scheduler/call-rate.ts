/** How often the scheduler was called in the last hour, by command: a rolling sum over minutes. Pure but for the clock given. */
import type { SchedulerCall } from './port.ts';

export interface CallCounts {
  readonly calls: number;
  /** Of these. */
  readonly refused: number;
  readonly unanswered: number;
  readonly throttled: number;
  /** All calls' together. */
  readonly milliseconds: number;
}

export interface CallReport {
  /** Milliseconds since the epoch: the period that is counted, an hour at most. */
  readonly since: number;
  readonly until: number;
  readonly commands: Readonly<Record<string, CallCounts>>;
}

export interface CallRate {
  add(call: SchedulerCall): void;
  report(): CallReport;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** @param now milliseconds since the epoch */
export function createCallRate(now: () => number = Date.now): CallRate {
  const began = now();
  const minutes = new Map<number, Record<string, CallCounts>>();
  const forget = (): number => {
    const oldest = Math.floor((now() - HOUR) / MINUTE) + 1;
    for (const minute of minutes.keys()) if (minute < oldest) minutes.delete(minute);
    return oldest * MINUTE;
  };
  return {
    add({ command, milliseconds, result, throttled }) {
      forget();
      const minute = Math.floor(now() / MINUTE);
      const counts = minutes.get(minute) ?? {};
      const one = {
        ...{ calls: 1, milliseconds, throttled: Number(throttled) },
        ...{ refused: Number(result === 'refused'), unanswered: Number(result === 'unanswered') },
      };
      minutes.set(minute, { ...counts, [command]: plus(counts[command], one) });
    },
    report() {
      const oldest = forget();
      return { since: Math.max(began, oldest), until: now(), commands: total([...minutes.values()]) };
    },
  };
}

/** Of several control workers: the longest period of any. Null without a report. */
export function together(reports: readonly CallReport[]): CallReport | null {
  if (reports.length === 0) return null;
  return {
    since: Math.min(...reports.map(({ since }) => since)),
    until: Math.max(...reports.map(({ until }) => until)),
    commands: total(reports.map(({ commands }) => commands)),
  };
}

function total(parts: readonly Readonly<Record<string, CallCounts>>[]): Record<string, CallCounts> {
  const all: Record<string, CallCounts> = {};
  for (const part of parts)
    for (const [command, counts] of Object.entries(part)) all[command] = plus(all[command], counts);
  return all;
}

function plus(one: CallCounts | undefined, other: CallCounts): CallCounts {
  if (one === undefined) return other;
  return {
    calls: one.calls + other.calls,
    refused: one.refused + other.refused,
    unanswered: one.unanswered + other.unanswered,
    throttled: one.throttled + other.throttled,
    milliseconds: one.milliseconds + other.milliseconds,
  };
}
