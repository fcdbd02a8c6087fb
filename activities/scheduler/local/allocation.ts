/** One incarnation of a job as processes: a batch shell that leads a session, and the steps that it named by files. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { birth, family, groupExists, signal } from './processes.ts';

export interface Ended {
  /** `<code>:<signal>`; null when another daemon was its parent. */
  readonly exitCode: string | null;
  /** The grace time was over before the batch shell had ended. */
  readonly late: boolean;
}

export interface Allocation {
  readonly pid: number;
  /** SIGUSR1 to the batch shell alone, as `--signal=B:USR1@…` has it. */
  notice(): void;
  /**
   * Asks all processes to go, in stages: SIGTERM to the steps, after `graceMs` SIGTERM to steps and batch shell, after the
   * kill wait SIGKILL to everything. Without grace the second stage is the first. Later calls can only shorten the grace.
   */
  end(graceMs: number): void;
  /** Resolves when no process is left. */
  readonly ended: Promise<Ended>;
}

const SHELL = 'shell';

interface Common {
  /** Directory of step files, and of `shell`: the batch shell's process id. */
  readonly steps: string;
  readonly killWaitMs: number;
}

export interface Launch extends Common {
  readonly script: string;
  readonly directory: string;
  readonly output: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws when the output or the directory cannot be opened, or the script cannot be run. */
export async function launch(options: Launch): Promise<Allocation> {
  rmSync(options.steps, { recursive: true, force: true });
  mkdirSync(options.steps, { recursive: true, mode: 0o700 });
  const output = openSync(options.output, 'a', 0o600);
  try {
    // The shell names itself before it becomes the script, so that a daemon that dies now leaves nothing unknown.
    const child = spawn('/bin/sh', ['-c', 'echo $$ > "$0"; exec "$1"', join(options.steps, SHELL), options.script], {
      cwd: options.directory,
      env: { ...options.environment },
      detached: true,
      stdio: ['ignore', output, output],
    });
    const left = new Promise<string>((resolve) => {
      child.once('exit', (code, name) => resolve(`${code ?? 0}:${name === null ? 0 : signalNumber(name)}`));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return manage(child.pid!, left, options);
  } finally {
    closeSync(output);
  }
}

/** A batch shell that a former daemon started: it cannot be waited for, only watched. @returns null when it is gone. */
export async function adopt(options: Common): Promise<Allocation | null> {
  const pid = await survivor(options.steps);
  if (pid === null) return null;
  const left = (async () => {
    while ((await birth(pid)) !== null) await delay(200);
    return null;
  })();
  return manage(pid, left, options);
}

/** Process ids are used again: the one meant was born when its file was written. `ps` counts in seconds, and may be one off. */
async function survivor(steps: string): Promise<number | null> {
  try {
    const file = join(steps, SHELL);
    const pid = Number(readFileSync(file, 'utf8'));
    const born = await birth(pid);
    return born !== null && Math.abs(born - statSync(file).mtimeMs) < 3_000 ? pid : null;
  } catch {
    return null;
  }
}

function manage(pid: number, left: Promise<string | null>, options: Common): Allocation {
  let late = false;
  let over = false;
  let deadline = Infinity;
  const timers = new Set<NodeJS.Timeout>();
  const after = (ms: number, act: () => void): void => void timers.add(setTimeout(act, ms));
  const groups = (): number[] => [pid, ...stepGroups(options.steps)];

  async function kill(): Promise<void> {
    for (const member of await family(groups())) signal(member, 'SIGKILL');
    for (const group of groups()) signal(-group, 'SIGKILL');
  }
  function terminate(): void {
    if (late || over) return;
    late = true;
    for (const group of stepGroups(options.steps)) signal(-group, 'SIGTERM');
    signal(pid, 'SIGTERM');
    after(options.killWaitMs, () => void kill());
  }

  async function finish(): Promise<Ended> {
    const exitCode = await left;
    const wasLate = late;
    const until = Date.now() + options.killWaitMs;
    // What the batch shell leaves behind has no right to the node any more.
    for (let tries = 0; groups().some(groupExists); tries++) {
      const members = await family(groups());
      if (members.length === 0) break;
      if (tries === 0) for (const member of members) signal(member, 'SIGTERM');
      if (Date.now() > until) await kill();
      await delay(50);
    }
    over = true;
    for (const timer of timers) clearTimeout(timer);
    rmSync(options.steps, { recursive: true, force: true });
    return { exitCode, late: wasLate };
  }

  return {
    pid,
    notice: () => signal(pid, 'SIGUSR1'),
    end(graceMs) {
      if (over || Date.now() + graceMs >= deadline) return;
      deadline = Date.now() + graceMs;
      if (graceMs === 0) return terminate();
      for (const group of stepGroups(options.steps)) signal(-group, 'SIGTERM');
      after(graceMs, terminate);
    },
    ended: finish(),
  };
}

function stepGroups(directory: string): number[] {
  try {
    return readdirSync(directory)
      .map(Number)
      .filter((group) => Number.isInteger(group) && group > 1);
  } catch {
    return [];
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};
const signalNumber = (name: NodeJS.Signals): number => NUMBERS[name] ?? 1;
