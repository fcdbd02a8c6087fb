/** Latches the first signal that asks a trainer to leave; `notice.ts` says what it means. Imports nothing. */
export type NoticeSignal = 'SIGUSR1' | 'SIGTERM' | 'SIGINT';

export interface SignalLatch {
  first: NoticeSignal | null;
  listener: ((signal: NoticeSignal) => void) | null;
}

const KEY = Symbol.for('temporal-sweep.signals');

/** One set of handlers per process, however often and from however many copies of this module it is asked for. */
export function latchSignals(): SignalLatch {
  const scope = globalThis as unknown as Record<symbol, SignalLatch | undefined>;
  const existing = scope[KEY];
  if (existing !== undefined) return existing;
  const latch: SignalLatch = { first: null, listener: null };
  for (const signal of ['SIGUSR1', 'SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (latch.first !== null) return;
      latch.first = signal;
      latch.listener?.(signal);
    });
  }
  return (scope[KEY] = latch);
}
