/**
 * The embedded Temporal server: `temporal server start-dev` with its database in a file, so that a second start goes
 * on with what the first was doing.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { endAll, startDaemon } from './daemon.ts';
import { demandFree } from './port-occupant.ts';
import { accepts } from './ports.ts';
import { waitUntilReady } from './ready.ts';
import {
  type SearchAttributes,
  missingSearchAttributes,
  raiseRetention,
  sweepSearchAttributes,
} from './temporal-namespace.ts';

export interface TemporalServerOptions {
  /** Absolute path of the Temporal CLI: see `findTemporal`. */
  readonly binary: string;
  /** SQLite file; made if absent. */
  readonly databaseFile: string;
  /** @default 7233 */
  readonly port?: number;
  /** Port of the Web UI. @default port + 1000 */
  readonly uiPort?: number;
  /** @default 'default' */
  readonly namespace?: string;
  /** @default sweepSearchAttributes */
  readonly searchAttributes?: SearchAttributes;
  /** File to which the server's own log is appended. */
  readonly log: string;
  /** Days for which closed workflows are kept; never lowered. @default 30 */
  readonly retentionDays?: number;
}

export interface TemporalServer {
  /** `127.0.0.1:<port>`: the server listens on the loopback interface only. */
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** SIGTERM, SIGKILL after 10 s. May be called again. */
  stop(): Promise<void>;
}

const ip = '127.0.0.1';

/** Resolves when the server serves and the namespace is ready for sweeps; a taken port is an error that names its holder. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { binary, databaseFile, log, port = 7233, uiPort = port + 1000, namespace = 'default' } = options;
  const { searchAttributes = sweepSearchAttributes, retentionDays = 30 } = options;
  await demandFree(port, "Temporal's frontend", '--port');
  await demandFree(uiPort, "Temporal's Web UI", '--ui-port');
  mkdirSync(dirname(databaseFile), { recursive: true });

  const args = startArguments({ databaseFile, port, uiPort, namespace, searchAttributes });
  const daemon = await startDaemon({ name: 'the Temporal server', file: binary, args, log });
  const address = `${ip}:${port}`;
  let stopped: Promise<unknown> | undefined;
  const stop = async () => void (await (stopped ??= endAll([daemon], 10_000)));
  const connection = Connection.lazy({ address });
  try {
    await waitUntilReady({
      complaint: 'the Temporal server did not start',
      missing: 'it does not serve',
      daemons: [daemon],
      timeoutMs: 60_000,
      // Before that, gRPC would fail and then pause for a second.
      isReady: async () =>
        (await accepts({ port, host: ip })) && (await isServing(connection, namespace, searchAttributes)),
    });
    await raiseRetention(connection, namespace, retentionDays);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    await connection.close();
  }
  return { address, namespace, uiUrl: `http://${ip}:${uiPort}`, pid: daemon.pid, stop };
}

interface StartArguments {
  readonly databaseFile: string;
  readonly port: number;
  readonly uiPort: number;
  readonly namespace: string;
  readonly searchAttributes: SearchAttributes;
}

/** With these pragmas the server runs three times as many workflows per second; a power cut may lose the last commits. */
export function startArguments(plan: StartArguments): string[] {
  return [
    ...['server', 'start-dev', '--ip', ip, '--port', String(plan.port), '--ui-port', String(plan.uiPort)],
    ...['--db-filename', plan.databaseFile],
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
    ...['--namespace', plan.namespace, '--log-level', 'warn', '--log-format', 'json'],
    ...Object.entries(plan.searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
}

/** Does the server serve, and does the namespace know the search attributes? The port opens well before. */
async function isServing(connection: Connection, namespace: string, wanted: SearchAttributes): Promise<boolean> {
  const service = 'temporal.api.workflowservice.v1.WorkflowService';
  return connection.withDeadline(Date.now() + 1_000, async () => {
    const { status } = await connection.healthService.check({ service });
    // The health protocol's SERVING.
    if (status !== 1) return false;
    return (await missingSearchAttributes(connection, namespace, wanted)).length === 0;
  });
}
