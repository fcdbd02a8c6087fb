/**
 * The trainer as a child process: started at once, granted later, told of a notice, ended for sure.
 * Started with node:child_process, not execa: this runs before anything else is loaded, and each import costs the first batch.
 */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { createInterface } from 'node:readline';
import {
  ENVIRONMENT,
  type FromTrainer,
  type Row,
  type ToTrainer,
  type TrainerOutcome,
} from '../../trainer/protocol.ts';
import { type PrintedRows, readPrintedRows } from './printed-rows.ts';

export type TrainerEnd =
  | { readonly kind: 'outcome'; readonly outcome: TrainerOutcome }
  /** It never spoke the protocol, printed rows, and exited with 0. The latest value of every metric. */
  | { readonly kind: 'printed'; readonly last: Row }
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
const START = { step: 0, epoch: 0, batch: 0 };

export function startTrainer(
  command: readonly string[],
  directory: string,
  environment: NodeJS.ProcessEnv,
): TrainerProcess {
  const [file = '', ...args] = command;
  // Scripts for Node have defineTrial: their output goes straight to the job's.
  const readsOutput = !command.some((word) => basename(word) === 'node');
  const child = spawn(file, args, {
    cwd: directory,
    env: { ...environment, [ENVIRONMENT.descriptor]: '3' },
    stdio: ['ignore', readsOutput ? 'pipe' : 'inherit', 'inherit', 'pipe'],
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
  const tell = (message: Exclude<FromTrainer, { type: 'outcome' }>): void => {
    heard.push(message);
    if (heard.length > 1_000) heard.shift();
    for (const listener of listeners) listener(message);
  };
  let spoke = false;
  let printed: PrintedRows | null = null;
  if (child.stdout !== null) {
    printed = readPrintedRows(child.stdout, (row) => {
      if (spoke) return;
      if (!heard.some(({ type }) => type === 'started')) tell({ type: 'started', ...START, warnings: [] });
      tell({ type: 'progress', ...row, batch: 0, batches: 0 });
    });
  }
  lines.on('line', (line) => {
    spoke = true;
    const message = parse(line);
    if (message === null) {
      garbage ??= line.slice(0, 200);
      signalGroup(child.pid, 'SIGKILL');
    } else if (message.type === 'outcome') {
      outcome ??= message.outcome;
      setTimeout(() => signalGroup(child.pid, 'SIGKILL'), LINGER).unref();
    } else {
      tell(message);
    }
  });
  const last = (): Row | null => (spoke ? null : (printed?.last ?? null));

  const exited = new Promise<TrainerEnd>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'missing', message: `${file}: ${error.message}` }));
    // At its exit, not when all descriptors are closed: a data loader that holds one would keep us waiting.
    child.once('exit', () => signalGroup(child.pid, 'SIGKILL'));
    child.once('close', (code, signal) => {
      signalGroup(child.pid, 'SIGKILL'); // whatever the trainer left behind in its group
      if (outcome !== null) resolve({ kind: 'outcome', outcome });
      else if (garbage !== null) resolve({ kind: 'garbage', message: garbage });
      else {
        const row = last();
        if (code === 0 && row !== null) resolve({ kind: 'printed', last: row });
        else resolve({ kind: 'died', code, signal, spoke: heard.length > 0 });
      }
    });
  });
  return {
    pid: child.pid,
    send: (message) => {
      if (channel.writable) channel.write(`${JSON.stringify(message)}\n`);
      if (message.type === 'grant') printed?.grant(message.directory);
      // It hears of nothing else. With a deadline it may still be done before that.
      if (message.type === 'notice' && message.deadline === null && last() !== null) signalGroup(child.pid, 'SIGTERM');
    },
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
