/** The control worker: one Temporal Worker with `SweepPlugin`, on the host that has SLURM's commands. */
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { CommandError } from './cli/command-error.ts';
import { unreachable } from './cli/connect.ts';
import { DURATION_BUCKETS, DURATIONS } from './plugin/meter-calls.ts';
import { SweepPlugin, type SweepPluginOptions } from './plugin/sweep-plugin.ts';

export interface ControlWorkerOptions extends SweepPluginOptions {
  /** @default 'sweeps' */
  readonly taskQueue?: string;
}

export interface ControlWorker {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Resolves when it has stopped, rejects when it broke. */
  readonly done: Promise<void>;
  /** Finishes the activities under way, stops the poller. May be called again. */
  stop(): Promise<void>;
}

export interface RuntimeOptions {
  /** `<IP address>:<port>` at which Prometheus finds `/metrics`. Default: no metrics. */
  readonly metrics?: string;
}

/**
 * Our own handlers decide what a signal means; Temporal's would stop the Worker before the rest.
 * @throws CommandError when `metrics` is no address, or one that is taken.
 */
export function installRuntime({ metrics }: RuntimeOptions = {}): void {
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) };
  if (metrics !== undefined && !/^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+$/i.test(metrics))
    throw new CommandError(`--metrics is IP address and port, such as 127.0.0.1:9464, not "${metrics}"`, 2);
  try {
    Runtime.install({
      shutdownSignals: [],
      logger: new DefaultLogger('WARN', ({ level: severity, message, meta }) => {
        const facts = meta === undefined || Object.keys(meta).length === 0 ? '' : ` ${JSON.stringify(meta)}`;
        console.error(`${new Date().toISOString()} ${severity} ${message}${facts.slice(0, 500)}`);
      }),
      telemetryOptions: { logging, ...(metrics !== undefined && { metrics: prometheus(metrics) }) },
    });
  } catch (error) {
    if (metrics === undefined) throw error;
    throw new CommandError(`--metrics ${metrics}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const prometheus = (bindAddress: string) => ({
  prometheus: { bindAddress, unitSuffix: true, histogramBucketOverrides: { [DURATIONS]: [...DURATION_BUCKETS] } },
});

/** Needs {@link installRuntime} before. @throws CommandError when no server answers. */
export async function startControlWorker(options: ControlWorkerOptions): Promise<ControlWorker> {
  const { taskQueue = 'sweeps', ...plugin } = options;
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  const connection = await NativeConnection.connect(connectionOptions).catch((error: unknown) => {
    throw unreachable(address, error);
  });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    plugins: [new SweepPlugin(plugin)],
    maxConcurrentActivityTaskExecutions: 200,
  });
  const done = runThenClose(worker, connection);
  done.catch(() => {}); // heard by whoever awaits it
  let stopping = false;
  return {
    address,
    namespace,
    taskQueue,
    done,
    stop: async () => {
      if (!stopping && worker.getState() === 'RUNNING') worker.shutdown();
      stopping = true;
      await done;
    },
  };
}

async function runThenClose(worker: Worker, connection: NativeConnection): Promise<void> {
  try {
    await worker.run();
  } finally {
    await connection.close();
  }
}
