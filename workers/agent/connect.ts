/** The SDK's part of the agent, in a file of its own: importing it takes longer than all the rest. */
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type NativeConnectionOptions,
} from '@temporalio/worker';
import type { AgentActivities } from '../../workflows/activities.ts';

export interface ConnectedAgent {
  readonly client: Client;
  run(): Promise<void>;
  /** Idempotent. */
  stop(): void;
  /** Resolves when stop() was called. */
  readonly stopped: Promise<void>;
}

/** @returns null when `abandoned` became true before a server was reached: an outage must not cost the allocation. */
export async function connectAgent(
  namespace: string,
  taskQueue: string,
  abandoned: () => boolean,
  activities: AgentActivities,
): Promise<ConnectedAgent | null> {
  Runtime.install({
    shutdownSignals: [], // signals are notices here: checkpoint first, shut down second
    workerHeartbeatInterval: null,
    logger: new DefaultLogger('WARN', ({ level, message }) => {
      if (!message.startsWith('No workflows registered')) console.error(`${level} ${message}`);
    }),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  });
  const { connectionOptions } = loadClientConnectConfig();
  const connection = await reach(connectionOptions, abandoned);
  if (connection === null) return null;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities: { train: activities.train },
    maxConcurrentActivityTaskExecutions: 1,
    maxHeartbeatThrottleInterval: '2 seconds', // a push to the agent arrives with the answer to a heartbeat
    defaultHeartbeatThrottleInterval: '2 seconds',
  });
  let resolve = (): void => {};
  const stopped = new Promise<void>((done) => (resolve = done));
  let stopping = false;
  return {
    client: new Client({ connection, namespace }),
    run: () => worker.run(),
    stop: () => {
      if (stopping) return;
      stopping = true;
      worker.shutdown();
      resolve();
    },
    stopped,
  };
}

const LONGEST_PAUSE = 5_000;
/** A node that cannot reach the server at all must not be held for the whole time limit. Milliseconds. */
const LONGEST_OUTAGE = 10 * 60_000;

async function reach(options: NativeConnectionOptions, abandoned: () => boolean): Promise<NativeConnection | null> {
  const until = Date.now() + LONGEST_OUTAGE;
  for (let pause = 200; !abandoned() && Date.now() < until; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return await NativeConnection.connect(options);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      console.error(
        `temporal-sweep: this node cannot reach Temporal at ${options.address ?? 'localhost:7233'}, trying again: ${why}`,
      );
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return null;
}
