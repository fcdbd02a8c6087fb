/**
 * The trainer as a child process: started at once, granted later, told of a notice, ended for sure.
 * Started with node:child_process, not execa: this runs before anything else is loaded, and each import costs the first batch.
 */
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { createInterface } from 'node:readline';
import { ENVIRONMENT, type FromTrainer, type ToTrainer, type TrainerOutcome } from '../../trainer/protocol.ts';

export type TrainerEnd =
  | { readonly kind: 'outcome'; readonly outcome: TrainerOutcome }
  | { readonly kind: 'missing'; readonly message: string }
  | { readonly kind: 'garbage'; readonly message: string }
  | { readonly kind: 'died'; readonly code: number | null; readonly signal: string | null; readonly spoke: boolean };

export interface TrainerProcess {
  readonly pid: number | undefined;
  send(message: ToTrainer): void;
  /** Every message but the outcome, from the first on. */
  subscribe(listener: (message: Exclude<FromTrainer, { type: 'outcome' }>) => void): void;
  readonly end: Promise<TrainerEnd>;
  /** SIGKILL to the whole group, and wait for it. */
  kill(): Promise<void>;
}

/** How long a trainer that has told its outcome may take to leave. Milliseconds. */
const LINGER = 2_000;

export function startTrainer(
  command: readonly string[],
  directory: string,
  environment: NodeJS.ProcessEnv,
): TrainerProcess {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: directory,
    env: { ...environment, [ENVIRONMENT.descriptor]: '3' },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    detached: true, // a group of its own, so that kill() reaches data loaders too
  });
  const channel = child.stdio[3] as Duplex;
  const listeners: ((message: Exclude<FromTrainer, { type: 'outcome' }>) => void)[] = [];
  const heard: Exclude<FromTrainer, { type: 'outcome' }>[] = [];
  let outcome: TrainerOutcome | null = null;
  let garbage: string | null = null;

  // A trainer that died, perhaps with words of ours unread (ECONNRESET): its exit tells. readline repeats the error as its own.
  channel.on('error', () => {});
  const lines = createInterface({ input: channel });
  lines.on('error', () => {});
  lines.on('line', (line) => {
    const message = parse(line);
    if (message === null) {
      garbage ??= line.slice(0, 200);
      signalGroup(child.pid, 'SIGKILL');
    } else if (message.type === 'outcome') {
      outcome ??= message.outcome;
      setTimeout(() => signalGroup(child.pid, 'SIGKILL'), LINGER).unref();
    } else {
      heard.push(message);
      if (heard.length > 1_000) heard.shift();
      for (const listener of listeners) listener(message);
    }
  });

  const exited = new Promise<TrainerEnd>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'missing', message: `${file}: ${error.message}` }));
    // At its exit, not when all descriptors are closed: a data loader that holds one would keep us waiting.
    child.once('exit', () => signalGroup(child.pid, 'SIGKILL'));
    child.once('close', (code, signal) => {
      signalGroup(child.pid, 'SIGKILL'); // whatever the trainer left behind in its group
      if (outcome !== null) resolve({ kind: 'outcome', outcome });
      else if (garbage !== null) resolve({ kind: 'garbage', message: garbage });
      else resolve({ kind: 'died', code, signal, spoke: heard.length > 0 });
    });
  });
  return {
    pid: child.pid,
    send: (message) => void (channel.writable && channel.write(`${JSON.stringify(message)}\n`)),
    subscribe: (listener) => {
      for (const message of heard) listener(message);
      listeners.push(listener);
    },
    end: exited,
    kill: async () => {
      signalGroup(child.pid, 'SIGKILL');
      await exited;
    },
  };
}

function parse(line: string): FromTrainer | null {
  try {
    const value: unknown = JSON.parse(line);
    const known = ['ready', 'started', 'progress', 'row', 'checkpoint', 'warning', 'outcome'];
    return typeof value === 'object' && value !== null && 'type' in value && known.includes(String(value.type))
      ? (value as FromTrainer)
      : null;
  } catch {
    return null;
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // gone
  }
}
