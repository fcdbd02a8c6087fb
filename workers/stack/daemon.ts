/**
 * Programs that the stack starts: each in a process group of its own, since a Ctrl-C in the terminal reaches the whole
 * foreground group and must not kill them before they are stopped in order (P11).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessIdentity, identify, runs } from './process-table.ts';

export interface DaemonOptions {
  readonly name: string;
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** Its stdout and stderr are appended here. */
  readonly log: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Daemon extends ProcessIdentity {
  readonly name: string;
}

export interface StartedDaemon extends Daemon {
  /** Null while it runs; afterwards how it ended, with the end of its log. */
  ended(): string | null;
}

/** Rejects when the file cannot be executed at all. Its log is the process's own descriptor: it outlives us. */
export async function startDaemon({ name, file, args, log, environment }: DaemonOptions): Promise<StartedDaemon> {
  mkdirSync(dirname(log), { recursive: true });
  const descriptor = openSync(log, 'a');
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', descriptor, descriptor],
    env: { ...process.env, ...environment },
  });
  closeSync(descriptor);
  let end: string | null = null;
  child.once('exit', (code, signal) => {
    end = `${name} ${signal ? `was ended by ${signal}` : `ended with exit code ${code}`}${quoteEnd(log)}`;
  });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  return { name, pid, startTicks: identify(pid)?.startTicks ?? 'ended', ended: () => end };
}

function quoteEnd(log: string): string {
  try {
    const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-8).join('\n');
    return tail ? `. The end of ${log}:\n${tail}` : '';
  } catch {
    return '';
  }
}

/** Which stage of stopping sufficed. */
export type Ending = 'gone' | 'terminated' | 'killed';

/** SIGTERM, waiting for at most `graceMs`, then SIGKILL; resolves when none of them runs. */
export async function endAll(processes: readonly ProcessIdentity[], graceMs: number): Promise<Ending> {
  if (!processes.some(runs)) return 'gone';
  for (const process of processes.filter(runs)) send(process, 'SIGTERM');
  if (await allGone(processes, graceMs)) return 'terminated';
  await killAll(processes);
  return 'killed';
}

export async function killAll(processes: readonly ProcessIdentity[]): Promise<void> {
  for (const process of processes.filter(runs)) send(process, 'SIGKILL');
  await allGone(processes, 5_000);
}

export function send({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}

/** Have all ended within the time? */
export async function allGone(processes: readonly ProcessIdentity[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (processes.some(runs)) {
    if (performance.now() >= deadline) return false;
    await sleep(10);
  }
  return true;
}
