/** The warning that a segment must end: latched once, whoever spoke first (a signal, the agent, the agent's death). */
import type { NoticeCause } from './protocol.ts';
import type { NoticeSignal, SignalLatch } from './signal-latch.ts';

export interface Notice {
  readonly cause: NoticeCause;
  /** Milliseconds since the epoch by which everything must be durable; null when not known. */
  readonly deadline: number | null;
}

export interface NoticeLatch {
  /** The first notice, or null. The loop looks after every batch. */
  current(): Notice | null;
  give(notice: Notice): void;
}

const CAUSES: Readonly<Record<NoticeSignal, NoticeCause>> = {
  SIGUSR1: 'limit',
  SIGTERM: 'preemption',
  SIGINT: 'cancel',
};

/** A latch that also hears the process's signals, those included that came before it existed. */
export function createNoticeLatch(signals: SignalLatch): NoticeLatch {
  let first: Notice | null = null;
  const give = (notice: Notice): void => {
    first ??= notice;
  };
  const hear = (signal: NoticeSignal): void => give({ cause: CAUSES[signal], deadline: null });
  if (signals.first !== null) hear(signals.first);
  signals.listener = hear;
  return { current: () => first, give };
}
