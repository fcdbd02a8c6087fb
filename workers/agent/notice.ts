/**
 * A notice: SLURM is about to take the node away. Latched, whoever tells first: SIGUSR1 or the batch shell's notice
 * file (time limit), SIGTERM (preemption, or a scancel that looks like one until SLURM's record has settled). A preemption
 * takes the place of a time limit that leaves time.
 */
import { existsSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Notice, supersedes } from '../../trainer/notice.ts';
import { onSignal } from './signals.ts';

export interface Notices {
  current(): Notice | null;
  /** Called at once if a notice is there, and when one takes its place. */
  subscribe(listener: (notice: Notice) => void): void;
  close(): void;
}

/** File systems without events (NFS) are looked at this often. Milliseconds. */
const POLL = 200;

/** SLURM signals up to this many seconds before the time that was asked for; a quarter of a minute for clocks that differ. */
const EARLY = 75;

/**
 * The deadline of a time limit's notice: the job's end, if SLURM can mean that end. Far from it somebody else has sent the
 * signal, and wants the node now.
 * @param end milliseconds since the epoch; null: not known.
 */
export function deadlineOf(end: number | null, leadSeconds: number, now: number): number | null {
  return end === null || end - now > (leadSeconds + EARLY) * 1_000 ? null : end;
}

/** @param end when the job's limit ends, milliseconds since the epoch, as far as is known by then. */
export function listen(noticeFile: string, leadSeconds: number, end: () => number | null): Notices {
  let notice: Notice | null = null;
  const listeners: ((notice: Notice) => void)[] = [];
  const limit = (): Notice => ({ cause: 'limit', deadline: deadlineOf(end(), leadSeconds, Date.now()) });
  const tell = (next: Notice): void => {
    if (notice !== null && !supersedes(next, notice, Date.now())) return;
    notice = next;
    close();
    for (const listener of listeners) listener(next);
  };
  const look = (): void => void (existsSync(noticeFile) && tell(limit()));
  const timer = setInterval(look, POLL);
  const watcher = watchDirectory(noticeFile, look);
  const close = (): void => {
    clearInterval(timer);
    watcher?.close();
  };
  onSignal((signal) => tell(signal === 'SIGUSR1' ? limit() : { cause: 'preemption', deadline: null }));
  look();
  return {
    current: () => notice,
    subscribe: (listener) => {
      listeners.push(listener);
      if (notice !== null) listener(notice);
    },
    close,
  };
}

/** Hastens the notice on local disks; wherever it fails, the poll remains. */
function watchDirectory(file: string, look: () => void): FSWatcher | null {
  try {
    const watcher = watch(dirname(file), (_, name) => void (name === basename(file) && look()));
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
