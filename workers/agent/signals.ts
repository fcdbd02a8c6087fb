/**
 * The agent's first import. Until a listener stands, SIGUSR1 opens Node's inspector and is lost, so this file imports
 * nothing and latches what comes before anybody listens.
 */
export type PosixNotice = 'SIGUSR1' | 'SIGTERM';

let latched: PosixNotice | null = null;
let tell: ((signal: PosixNotice) => void) | null = null;

function latch(signal: PosixNotice): void {
  if (latched !== null) return;
  latched = signal;
  tell?.(signal);
}

process.on('SIGUSR1', () => latch('SIGUSR1'));
process.on('SIGTERM', () => latch('SIGTERM'));
process.on('SIGINT', () => latch('SIGTERM'));

/** Calls back once, at once if a signal came already. */
export function onSignal(listener: (signal: PosixNotice) => void): void {
  tell = listener;
  if (latched !== null) listener(latched);
}
