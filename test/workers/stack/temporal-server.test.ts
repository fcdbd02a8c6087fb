/** The real server, with its database in a file. */
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { beforeEach, describe, expect, test } from 'vitest';
import { isFree, freePorts } from '../../../workers/stack/ports.ts';
import { identify } from '../../../workers/stack/process-table.ts';
import { type TemporalBinary, findTemporal } from '../../../workers/stack/temporal-binary.ts';
import { missingSearchAttributes, sweepSearchAttributes } from '../../../workers/stack/temporal-namespace.ts';
import {
  type TemporalServerOptions,
  startArguments,
  startTemporalServer,
} from '../../../workers/stack/temporal-server.ts';

const binary: TemporalBinary | null = await findTemporal({ download: async () => null }).catch(() => null);

let options: TemporalServerOptions;
beforeEach(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'server-'));
  const [port = 0, uiPort = 0] = await freePorts(2);
  const databaseFile = join(directory, 'database', 'temporal.db');
  options = { binary: binary?.path ?? '', databaseFile, port, uiPort, log: join(directory, 'server.log') };
});

describe.runIf(binary)('the embedded server', { timeout: 60_000 }, () => {
  test('is ready for sweeps, remembers workflows over a restart, and leaves nothing behind', async () => {
    const first = await startTemporalServer(options);
    await using({ address: first.address }, async (connection) => {
      expect(await missingSearchAttributes(connection, 'default', sweepSearchAttributes)).toEqual([]);
      const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 60 * 60);
      expect((await fetch(first.uiUrl)).status).toBe(200);
      await new Client({ connection }).workflow.start('nobody', { taskQueue: 'nobody', workflowId: 'kept' });
    });
    await first.stop();
    await first.stop();
    expect(identify(first.pid)).toBeNull();
    expect(await isFree(options.port ?? 0)).toBe(true);

    const second = await startTemporalServer(options);
    try {
      await using({ address: second.address }, async (connection) => {
        const { status } = await new Client({ connection }).workflow.getHandle('kept').describe();
        expect(status.name).toBe('RUNNING');
      });
    } finally {
      await second.stop();
    }
  });

  test('a port where another Temporal server answers is an error that says so', async () => {
    const server = await startTemporalServer(options);
    try {
      await expect(startTemporalServer(options)).rejects.toThrow(
        new RegExp(
          `^port ${options.port}, .* is taken by a Temporal server [\\d.]+ \\(process ${server.pid}\\)\\..* --port$`,
        ),
      );
    } finally {
      await server.stop();
    }
  });

  test('a database that cannot be opened is an error with the words of the server', async () => {
    await expect(startTemporalServer({ ...options, databaseFile: tmpdir() })).rejects.toThrow(
      /^the Temporal server did not start: .* exit code \d+\. The end of .*server\.log:/,
    );
  });
});

test('a port of the Web UI that something else holds is an error that names its flag', async () => {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const uiPort = (http.address() as AddressInfo).port;
  try {
    await expect(startTemporalServer({ ...options, uiPort })).rejects.toThrow(
      new RegExp(`^port ${uiPort}, wanted for Temporal's Web UI, is taken by .* --ui-port$`),
    );
  } finally {
    http.close();
  }
});

test('the database is journalled ahead and every search attribute is registered', () => {
  const args = startArguments({
    databaseFile: '/data/a b.db',
    port: 1,
    uiPort: 2,
    namespace: 'lab',
    searchAttributes: { SweepId: 'Keyword', Resumes: 'Int' },
  });
  expect(args.join(' ')).toBe(
    'server start-dev --ip 127.0.0.1 --port 1 --ui-port 2 --db-filename /data/a b.db ' +
      '--sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=normal --namespace lab --log-level warn --log-format json ' +
      '--search-attribute SweepId=Keyword --search-attribute Resumes=Int',
  );
});

async function using(options: { address: string }, use: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await Connection.connect(options);
  try {
    await use(connection);
  } finally {
    await connection.close();
  }
}
