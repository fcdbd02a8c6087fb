/** What Linux's /proc tells about processes. Everything here is a snapshot: a process may end while it is read. */
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A process that cannot be confused with a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot, as in /proc/<pid>/stat. */
  readonly startTicks: string;
}

interface Status {
  readonly state: string;
  readonly parent: number;
  readonly startTicks: string;
}

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** The name stands in parentheses and may itself hold blanks and parentheses: the fields are counted behind its end. */
function statusOf(pid: number): Status | null {
  const text = read(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (!fields) return null;
  return { state: fields[0] ?? '', parent: Number(fields[1]), startTicks: fields[19] ?? '' };
}

const hasProc = existsSync('/proc/self/stat');

/** Null when no such process runs (any more); a zombie runs no more. Without /proc the number alone has to do. */
export function identify(pid: number): ProcessIdentity | null {
  if (!hasProc) return answersSignals(pid) ? { pid, startTicks: 'unknown' } : null;
  const status = statusOf(pid);
  return status && status.state !== 'Z' ? { pid, startTicks: status.startTicks } : null;
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Does exactly this process still run? */
export const runs = (process: ProcessIdentity): boolean => identify(process.pid)?.startTicks === process.startTicks;

export function allPids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Environment with which the process was started; empty when it is another user's or has overwritten it. */
export function environmentOf(pid: number): Map<string, string> {
  const entries = (read(`/proc/${pid}/environ`) ?? '').split('\0').filter((entry) => entry.includes('='));
  return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

/** The kernel's name of the process: at most 15 characters. */
export const nameOf = (pid: number): string => (read(`/proc/${pid}/comm`) ?? '').trim();

/** Targets of the process's open descriptors: paths of files, `socket:[inode]`. */
export function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** The given processes and all that descend from them. */
export function withDescendants(roots: readonly number[]): number[] {
  const parents = new Map(allPids().map((pid) => [pid, statusOf(pid)?.parent]));
  const found = new Set(roots);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (parent !== undefined && found.has(parent)) found.add(pid);
  }
  return [...found];
}
