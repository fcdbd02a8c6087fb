/** The warning that a segment must end: latched, whoever spoke first (a signal, the agent, the agent's death). */
import type { NoticeCause } from './protocol.ts';
import type { NoticeSignal, SignalLatch } from './signal-latch.ts';

export interface Notice {
  readonly cause: NoticeCause;
  /** Milliseconds since the epoch by which everything must be durable; null when not known. */
  readonly deadline: number | null;
}

export interface NoticeLatch {
  /** The notice that counts, or null. The loop looks after every batch. */
  current(): Notice | null;
  give(notice: Notice): void;
}

const CAUSES: Readonly<Record<NoticeSignal, NoticeCause>> = {
  SIGUSR1: 'limit',
  SIGTERM: 'preemption',
  SIGINT: 'cancel',
};

/** SLURM's own signals at the end of the limit come about now. Milliseconds before the deadline. */
const AT_THE_END = 1_000;

/** A time limit that leaves time is no longer what counts once the node is wanted sooner. All others are final. */
export function supersedes(next: Notice, first: Notice, now: number): boolean {
  if (first.cause !== 'limit' || first.deadline === null || now > first.deadline - AT_THE_END) return false;
  return next.cause !== 'limit' || next.deadline === null;
}

/** A latch that also hears the process's signals, those included that came before it existed. */
export function createNoticeLatch(signals: SignalLatch): NoticeLatch {
  let counting: Notice | null = null;
  const give = (notice: Notice): void => {
    if (counting === null || supersedes(notice, counting, Date.now())) counting = notice;
  };
  const hear = (signal: NoticeSignal): void => give({ cause: CAUSES[signal], deadline: null });
  if (signals.first !== null) hear(signals.first);
  signals.listener = hear;
  return { current: () => counting, give };
}
