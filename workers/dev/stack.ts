/**
 * The embedded stack: Temporal's dev server, a private SLURM (or its stand-in), the control worker. Started in order,
 * stopped in the reverse one, so that agents can still tell their end (P11).
 */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalScheduler } from '../../activities/scheduler/local/scheduler.ts';
import { startLocalDaemon } from '../../activities/scheduler/local/start-daemon.ts';
import type { Scheduler } from '../../activities/scheduler/port.ts';
import { createSlurmScheduler } from '../../activities/scheduler/slurm/scheduler.ts';
import { installRuntime, startControlWorker } from '../control-worker.ts';
import { findExecutable } from '../stack/executables.ts';
import { startSlurmCluster } from '../stack/slurm-cluster.ts';
import { findTemporal } from '../stack/temporal-binary.ts';
import { startTemporalServer } from '../stack/temporal-server.ts';

export interface StackOptions {
  /** Database, cluster state and logs; sweeps go to `root`. */
  readonly directory: string;
  readonly root: string;
  readonly port: number;
  readonly uiPort: number;
  /** `auto`: a private SLURM where its programs are installed, else the local scheduler. */
  readonly scheduler: 'auto' | 'slurm' | 'local';
  /** False: no control worker; a caller runs its own. @default true */
  readonly worker?: boolean;
  /** Seconds from SIGTERM to SIGKILL at a preemption. @default 10 */
  readonly graceSeconds?: number;
  readonly log: (line: string) => void;
}

export interface Stack {
  readonly address: string;
  readonly uiUrl: string;
  /** Of the Temporal server. */
  readonly serverPid: number;
  readonly scheduler: Scheduler;
  readonly partitions: { readonly low: string; readonly high: string };
  /** What a client, a control worker and SLURM's commands need. */
  readonly environment: Readonly<Record<string, string>>;
  /** Resolves when the control worker has stopped; rejects when it broke. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions): Promise<Stack> {
  mkdirSync(options.directory, { recursive: true });
  mkdirSync(options.root, { recursive: true, mode: 0o700 });
  const directory = realpathSync(options.directory);
  const started: { name: string; stop: () => Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse())
      await part.stop().catch((error: unknown) => options.log(`${part.name}: ${String(error)}`));
  };
  try {
    const server = await startTemporalServer({
      binary: (await findTemporal()).path,
      databaseFile: join(directory, 'temporal.db'),
      log: join(directory, 'temporal.log'),
      port: options.port,
      uiPort: options.uiPort,
    });
    started.push({ name: 'Temporal server', stop: server.stop });
    const connection = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace };
    const jobs = await startScheduler(options, directory, connection);
    started.push({ name: 'scheduler', stop: jobs.stop });
    const environment = { ...connection, ...jobs.environment };
    Object.assign(process.env, environment); // the control worker below and its clients read them
    let done = new Promise<void>(() => {});
    if (options.worker ?? true) {
      installRuntime();
      const worker = await startControlWorker({
        root: realpathSync(options.root),
        scheduler: jobs.scheduler,
        pollIntervalMs: 2_000,
      });
      started.push({ name: 'control worker', stop: worker.stop });
      done = worker.done;
    }
    return {
      address: server.address,
      uiUrl: server.uiUrl,
      serverPid: server.pid,
      scheduler: jobs.scheduler,
      partitions: jobs.partitions,
      environment,
      done,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Jobs {
  readonly scheduler: Scheduler;
  readonly partitions: { readonly low: string; readonly high: string };
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

async function startScheduler(
  options: StackOptions,
  directory: string,
  connection: Readonly<Record<string, string>>,
): Promise<Jobs> {
  const { graceSeconds = 10, log } = options;
  const installed = ['munged', 'slurmctld', 'slurmd', 'sbatch'].every((name) => findExecutable(name) !== null);
  if (options.scheduler === 'slurm' || (options.scheduler === 'auto' && installed)) {
    const cluster = await startSlurmCluster({ directory: join(directory, 'slurm'), graceSeconds, log });
    const { environment, partitions, stop } = cluster;
    return {
      scheduler: createSlurmScheduler({ environment: { ...process.env, ...connection, ...environment } }),
      partitions,
      environment,
      stop,
    };
  }
  if (options.scheduler === 'auto')
    log('SLURM is not installed here: the local scheduler stands in (child processes instead of nodes)');
  const daemon = await startLocalDaemon({ directory: join(directory, 'local'), graceSeconds });
  return {
    scheduler: createLocalScheduler({ socket: daemon.socket, environment: { ...process.env, ...connection } }),
    partitions: { low: 'low', high: 'high' },
    environment: { TEMPORAL_SWEEP_LOCAL_SCHEDULER: daemon.socket },
    stop: daemon.stop,
  };
}
