/**
 * `SweepPlugin` brings sweeps into any Worker on a host with SLURM's commands. It wires five things:
 * 1. the workflows `sweep` and `trial`, beside the user's own;
 * 2. the activities that read sweep.yaml, keep the directory and talk to the scheduler;
 * 3. one poller per Worker, for all jobs of all sweeps, while the Worker runs (P10, P11);
 * 4. one thread for all samplers that learn, likewise (P11);
 * 5. whatever the agents need to know to find this package on a node.
 */
import { resolve } from 'node:path';
import { Client } from '@temporalio/client';
import { SimplePlugin } from '@temporalio/plugin';
import { Runtime } from '@temporalio/worker';
import type { BundleOptions, NativeConnection, ReplayWorkerOptions, Worker, WorkerOptions } from '@temporalio/worker';
import { createPoller } from '../../activities/scheduler/poller.ts';
import { createSlurmScheduler } from '../../activities/scheduler/slurm/scheduler.ts';
import type { Scheduler } from '../../activities/scheduler/port.ts';
import { parseToken } from '../../activities/scheduler/token.ts';
import { forget } from '../../activities/scheduler/watch.ts';
import { createSlurmActivities } from '../slurm-activities.ts';
import { createSamplerThread, type SamplerThread } from '../sampler/sampler.ts';
import { createSweepActivities } from '../sweep-activities.ts';
import { meterCalls } from './meter-calls.ts';
import { reportCalls } from './report-calls.ts';
import { temporalPort } from './temporal-port.ts';
import { composeWorkflows, ownWorkflows } from './compose.ts';

export interface SweepPluginOptions {
  /** Directory of all sweeps, on a file system that login and compute nodes share. Created if missing. */
  readonly root: string;
  /** What runs jobs. @default SLURM, by the commands on PATH */
  readonly scheduler?: Scheduler;
  /** Milliseconds between two batched queries of the scheduler. @default 30000; 2000 with the local scheduler */
  readonly pollIntervalMs?: number;
  /** Directory that relative paths of sweeps start from. @default the process's directory */
  readonly baseDirectory?: string;
  /** Accept programs and sbatch options in inline sweeps, too: anybody who may start a workflow may then run commands. @default false */
  readonly allowInline?: boolean;
  /** Milliseconds by which this host's clock may be behind that of SLURM's controller. @default 0 */
  readonly clockMarginMs?: number;
  /** Sweeps continue as new after so many history events. @default when Temporal suggests it */
  readonly historyLimit?: number;
}

export class SweepPlugin extends SimplePlugin {
  readonly #options: SweepPluginOptions;
  readonly #scheduler: Scheduler;
  readonly #root: string;
  readonly #samplers: SamplerThread;
  #connection: NativeConnection | undefined;
  #namespace = 'default';

  constructor(options: SweepPluginOptions) {
    const root = resolve(options.root);
    const scheduler = options.scheduler ?? createSlurmScheduler({});
    const temporal = temporalPort(() => this.#client());
    const samplers = createSamplerThread(root);
    super({
      name: 'temporal-sweep.SweepPlugin',
      workflowsPath: (existing) => existing ?? ownWorkflows,
      activities: {
        ...createSweepActivities({
          root,
          temporal,
          learner: samplers,
          baseDirectory: resolve(options.baseDirectory ?? '.'),
          allowInline: options.allowInline ?? false,
          historyLimit: options.historyLimit ?? null,
        }),
        ...createSlurmActivities({ root, scheduler, temporal, clockMarginMs: options.clockMarginMs ?? 0 }),
      },
    });
    this.#options = options;
    this.#scheduler = scheduler;
    this.#root = root;
    this.#samplers = samplers;
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    this.#connection = options.connection;
    this.#namespace = options.namespace ?? 'default';
    return withoutEmptyBundle(super.configureWorker(options));
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return withoutEmptyBundle(super.configureReplayWorker(options));
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    return composeWorkflows(super.configureBundler(options));
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    const local = this.#scheduler.kind === 'local';
    const poller = createPoller({
      scheduler: this.#scheduler,
      root: this.#root,
      accept: (identity) => identity.namespace === this.#namespace,
      intervalMs: this.#options.pollIntervalMs ?? (local ? 2_000 : 30_000),
      onChange: async (entry, news) => {
        const open = await temporalPort(() => this.#client()).jobChanged(entry.workflowId, news, entry.identity);
        const trial = parseToken(entry.token)?.trial;
        if (!open && trial !== undefined) await forget(this.#root, entry.identity, trial);
      },
      log: (message) => console.error(`temporal-sweep: ${message}`),
    });
    const calls = reportCalls(this.#scheduler, this.#root);
    const stopMeter = meterCalls(this.#scheduler, Runtime.instance().metricMeter);
    poller.start();
    try {
      await super.runWorker(worker, next);
    } finally {
      await poller.stop(); // P11: a poller that outlives its Worker keeps the process alive
      stopMeter();
      await calls.stop();
      await this.#samplers.stop();
    }
  }

  #client(): Client {
    if (this.#connection === undefined)
      throw new Error('give Worker.create a `connection`: SweepPlugin signals trials through it');
    return new Client({ connection: this.#connection, namespace: this.#namespace });
  }
}

/** A path and a bundle exclude each other; with a bundle of the user's, ours must already be in it. */
function withoutEmptyBundle<T extends { workflowsPath?: string; workflowBundle?: unknown }>(options: T): T {
  if (options.workflowBundle === undefined) return options;
  const { workflowsPath: _, ...rest } = options;
  return rest as T;
}
