/**
 * A notice: SLURM is about to take the node away. Latched once, whoever tells first: SIGUSR1 or the batch shell's notice
 * file (time limit), SIGTERM (preemption, or a scancel that looks like one until SLURM's record has settled).
 */
import { existsSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { NoticeCause } from '../../trainer/protocol.ts';
import { onSignal } from './signals.ts';

export interface Notice {
  readonly cause: NoticeCause;
  /** Milliseconds since the epoch; null when not known. */
  readonly deadline: number | null;
}

export interface Notices {
  current(): Notice | null;
  /** Called once, at once if the notice is there. */
  subscribe(listener: (notice: Notice) => void): void;
  close(): void;
}

/** File systems without events (NFS) are looked at this often. Milliseconds. */
const POLL = 200;

/** @param endTime when the job's limit ends, milliseconds since the epoch, if SLURM told. */
export function listen(noticeFile: string, leadSeconds: number, endTime: number | null): Notices {
  let notice: Notice | null = null;
  const listeners: ((notice: Notice) => void)[] = [];
  const limit = (): Notice => ({ cause: 'limit', deadline: endTime ?? Date.now() + leadSeconds * 1_000 });
  const tell = (next: Notice): void => {
    if (notice !== null) return;
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
    subscribe: (listener) => (notice === null ? void listeners.push(listener) : listener(notice)),
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
