/** One client for a command; a server that is not there is one line that says how to name another. */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { CommandError } from './command-error.ts';

export interface Connected {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  close(): Promise<void>;
}

export async function connect(): Promise<Connected> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  try {
    const connection = await Connection.connect({ ...connectionOptions, connectTimeout: '5 seconds' });
    return { client: new Client({ connection, namespace }), address, namespace, close: () => connection.close() };
  } catch (error) {
    throw unreachable(address, error);
  }
}

export function unreachable(address: string, error: unknown): CommandError {
  const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return new CommandError(
    `no Temporal server at ${address} (${why}); start one with \`temporal sweep dev\`, or name yours: --address HOST:PORT, TEMPORAL_ADDRESS, or a profile of \`temporal config set\``,
  );
}
