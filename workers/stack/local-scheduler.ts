/** The local scheduler's daemon: child processes instead of nodes, the same behaviour as SLURM's. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalScheduler } from '../../activities/scheduler/local/scheduler.ts';
import { compiled } from '../package-root.ts';
import { endAll, startDaemon } from './daemon.ts';
import { waitUntilReady } from './ready.ts';
import { shortDirectory } from './short-directory.ts';

export interface LocalSchedulerDaemonOptions {
  /** Jobs, their state and the log; a second start goes on with the jobs of the first. */
  readonly directory: string;
  /** Seconds from SIGTERM to SIGKILL at a preemption. @default 10 */
  readonly graceSeconds?: number;
  /** @default 4 */
  readonly nodes?: number;
  /** @default 2 */
  readonly cpusPerNode?: number;
}

export interface LocalSchedulerDaemon {
  readonly socket: string;
  readonly pid: number;
  /** Running jobs get SIGTERM and the grace time, and are requeued for the next start. */
  stop(): Promise<void>;
}

/** Rejects when a daemon already runs on the directory. */
export async function startLocalScheduler(options: LocalSchedulerDaemonOptions): Promise<LocalSchedulerDaemon> {
  const { directory, graceSeconds = 10, nodes = 4, cpusPerNode = 2 } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const short = shortDirectory(directory);
  const socket = join(short.path, 'socket');
  const daemon = await startDaemon({
    name: 'the local scheduler',
    file: process.execPath,
    args: [
      compiled('activities/scheduler/local/daemon'),
      '--socket',
      socket,
      '--state',
      directory,
      '--grace',
      String(graceSeconds),
      '--nodes',
      String(nodes),
      '--cpus',
      String(cpusPerNode),
    ],
    log: join(directory, 'scheduler.log'),
  });
  const asked = createLocalScheduler({ socket, timeoutMs: 1_000 });
  await waitUntilReady({
    complaint: 'the local scheduler did not start',
    missing: 'it does not answer',
    daemons: [daemon],
    timeoutMs: 10_000,
    isReady: async () => (await asked.list()).kind === 'answer',
  });
  return {
    socket,
    pid: daemon.pid,
    stop: async () => {
      await endAll([daemon], (graceSeconds + 5) * 1_000);
      short.remove();
    },
  };
}
