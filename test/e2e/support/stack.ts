/**
 * The real things, in parts that a test can break one by one: Temporal's dev server, a private SLURM or the local
 * scheduler, a control worker in a process of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import type { Scheduler } from '../../../activities/scheduler/port.ts';
import { createLocalScheduler } from '../../../activities/scheduler/local/scheduler.ts';
import { createSlurmScheduler } from '../../../activities/scheduler/slurm/scheduler.ts';
import { compiled, packageRoot } from '../../../workers/package-root.ts';
import { startLocalDaemon } from '../../../activities/scheduler/local/start-daemon.ts';
import { freePorts } from '../../../workers/stack/ports.ts';
import {
  type SlurmCluster,
  type SlurmClusterOptions,
  startSlurmCluster,
} from '../../../workers/stack/slurm-cluster.ts';
import { findTemporal } from '../../../workers/stack/temporal-binary.ts';
import { startTemporalServer, type TemporalServer } from '../../../workers/stack/temporal-server.ts';

export interface CommandResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestStack {
  readonly directory: string;
  readonly root: string;
  readonly address: string;
  readonly uiUrl: string;
  readonly client: Client;
  readonly scheduler: Scheduler;
  /** @throws Error on the local scheduler. */
  cluster(): SlurmCluster;
  /** TEMPORAL_ADDRESS, SLURM_CONF, PATH with `temporal` and `temporal-sweep`. */
  readonly environment: Record<string, string>;
  readonly server: { pid(): number; kill(): void; restart(): Promise<void> };
  readonly worker: {
    pid(): number;
    /** SIGKILL. */
    kill(): Promise<void>;
    /** SIGTERM. Its exit code; null when a signal ended it. */
    stop(): Promise<number | null>;
    start(environment?: Record<string, string>): Promise<void>;
  };
  /** `temporal-sweep <args>`, compiled. Never rejects. */
  cli(...args: string[]): Promise<CommandResult>;
  /** The stock `temporal <args>`. Never rejects. */
  temporal(...args: string[]): Promise<CommandResult>;
  /** May be called again. */
  stop(): Promise<void>;
}

export interface TestStackOptions {
  readonly scheduler: 'slurm' | 'local';
  readonly graceSeconds?: number;
  /** The private SLURM in another way than the default. */
  readonly cluster?: Omit<SlurmClusterOptions, 'directory' | 'graceSeconds'>;
  readonly pollSeconds?: number;
  /** False: the test starts the control worker itself. */
  readonly worker?: boolean;
  readonly historyLimit?: number;
  /** More options of `temporal-sweep worker`. */
  readonly workerOptions?: readonly string[];
}

export async function startTestStack(options: TestStackOptions): Promise<TestStack> {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-sweep-e2e-'));
  const root = join(directory, 'sweeps');
  await mkdir(root);
  const [port = 0, uiPort = 0] = await freePorts(2);
  const binary = (await findTemporal()).path;
  const serve = (): Promise<TemporalServer> =>
    startTemporalServer({
      binary,
      databaseFile: join(directory, 'temporal.db'),
      log: join(directory, 'temporal.log'),
      port,
      uiPort,
    });
  let server = await serve();
  const bin = await linkExecutables(directory, binary);
  const environment: Record<string, string> = {
    ...(process.env as Record<string, string>),
    PATH: `${bin}:${process.env['PATH']}`,
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: 'default',
  };
  const { graceSeconds = 10 } = options;
  const jobs =
    options.scheduler === 'slurm'
      ? await startSlurmCluster({ ...options.cluster, directory: join(directory, 'slurm'), graceSeconds })
      : await startLocalDaemon({ directory: join(directory, 'local'), graceSeconds });
  if ('environment' in jobs) Object.assign(environment, jobs.environment);
  const scheduler =
    'socket' in jobs
      ? createLocalScheduler({ socket: jobs.socket, environment })
      : createSlurmScheduler({ environment });
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection });

  let stopped = false;
  let worker: ChildProcess | null = null;
  const startWorker = async (extra: Record<string, string> = {}): Promise<void> => {
    const args = ['worker', '--root', root, '--poll-interval', String(options.pollSeconds ?? 2)];
    args.push(...(options.workerOptions ?? []));
    if ('socket' in jobs) args.push('--local-scheduler', jobs.socket);
    if (options.historyLimit !== undefined) args.push('--history-limit', String(options.historyLimit));
    worker = spawn(process.execPath, [compiled('workers/cli'), ...args], {
      cwd: packageRoot(),
      env: { ...environment, ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(join(directory, 'worker.log'), { flags: 'a' });
    worker.stderr?.pipe(log);
    await new Promise<void>((resolve, reject) => {
      worker?.stdout?.on('data', (text: Buffer) => text.toString().includes('control worker:') && resolve());
      worker?.once('exit', (code) => reject(new Error(`the control worker ended with ${code}`)));
    });
  };
  const endWorker = async (signal: NodeJS.Signals): Promise<void> => {
    if (worker === null || worker.exitCode !== null || worker.signalCode !== null) return;
    const gone = new Promise((resolve) => worker?.once('exit', resolve));
    worker.kill(signal);
    await gone;
  };
  if (options.worker ?? true) await startWorker();
  const run = async (file: string, args: string[]): Promise<CommandResult> => {
    const { exitCode, stdout, stderr } = await execa(file, args, {
      env: environment,
      cwd: packageRoot(),
      reject: false,
      stdin: 'ignore',
    });
    return { exitCode, stdout, stderr };
  };
  return {
    directory,
    root,
    address: server.address,
    uiUrl: server.uiUrl,
    client,
    scheduler,
    cluster: () => {
      if (!('killNode' in jobs)) throw new Error('this stack runs jobs without SLURM');
      return jobs;
    },
    environment,
    server: {
      pid: () => server.pid,
      kill: () => process.kill(server.pid, 'SIGKILL'),
      restart: async () => void (server = await serve()),
    },
    worker: {
      pid: () => worker?.pid ?? 0,
      kill: () => endWorker('SIGKILL'),
      stop: async () => {
        await endWorker('SIGTERM');
        return worker?.exitCode ?? null;
      },
      start: startWorker,
    },
    cli: (...args) => run(process.execPath, [compiled('workers/cli'), ...args]),
    temporal: (...args) => run(binary, args),
    stop: async () => {
      if (stopped) return;
      stopped = true;
      await endWorker('SIGTERM');
      await jobs.stop();
      await connection.close();
      await server.stop();
      if (process.env['TEMPORAL_SWEEP_KEEP'] === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

async function linkExecutables(directory: string, temporal: string): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  const script = (program: string): string => `#!/bin/sh\nexec ${program} "$@"\n`;
  for (const [name, program] of [
    ['temporal', `'${temporal}'`],
    ['temporal-sweep', `'${process.execPath}' '${compiled('workers/cli')}'`],
  ] as const) {
    await appendFile(join(bin, name), script(program), { mode: 0o755 });
  }
  return bin;
}
