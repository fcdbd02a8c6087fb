/**
 * The agent's first import. Until a listener stands, SIGUSR1 opens Node's inspector and is lost, so this file imports
 * nothing and latches what comes before anybody listens. After SIGUSR1 (the limit is near) SIGTERM is still heard.
 */
export type PosixNotice = 'SIGUSR1' | 'SIGTERM';

let latched: PosixNotice | null = null;
let tell: ((signal: PosixNotice) => void) | null = null;

function latch(signal: PosixNotice): void {
  if (latched === 'SIGTERM' || latched === signal) return;
  latched = signal;
  tell?.(signal);
}

process.on('SIGUSR1', () => latch('SIGUSR1'));
process.on('SIGTERM', () => latch('SIGTERM'));
process.on('SIGINT', () => latch('SIGTERM'));

/** Calls back at each signal that says more than the one before, at once if a signal came already. */
export function onSignal(listener: (signal: PosixNotice) => void): void {
  tell = listener;
  if (latched !== null) listener(latched);
}
