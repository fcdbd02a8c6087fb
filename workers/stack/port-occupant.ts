/** Who answers on a port that we wanted: a message that names it spares the user a search. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Connection } from '@temporalio/client';
import { isFree } from './ports.ts';
import { allPids, descriptorsOf, nameOf } from './process-table.ts';

export interface Occupant {
  readonly what: string;
  /** Known on Linux, for processes that this user may look at. */
  readonly pid: number | null;
}

/** Null when the port is free. */
export async function occupantOf(port: number): Promise<Occupant | null> {
  if (await isFree(port)) return null;
  const pid = listenerOf(port);
  const program = pid === null ? 'another program' : `the program ${nameOf(pid)}`;
  return { what: await describe(port, program), pid };
}

/** Throws unless the port is free; `flag` is the option that chooses another one. */
export async function demandFree(port: number, purpose: string, flag: string): Promise<void> {
  const occupant = await occupantOf(port);
  if (!occupant) return;
  const process = occupant.pid === null ? '' : ` (process ${occupant.pid})`;
  throw new Error(
    `port ${port}, wanted for ${purpose}, is taken by ${occupant.what}${process}. ` +
      `Stop it, or choose another port with ${flag}`,
  );
}

async function describe(port: number, program: string): Promise<string> {
  const answer = await greet(port);
  if (answer === null) return `${program}, which does not answer`;
  // A frame of type 4 (SETTINGS) is how every HTTP/2 server begins.
  if (answer[3] === 4) return (await temporalAt(port)) ?? program;
  return answer.subarray(0, 5).toString('latin1') === 'HTTP/' ? `${program} (a web server)` : program;
}

/**
 * Greets in HTTP/2 and returns the first bytes of the answer, null after half a second of silence. Only what answers so
 * may meet a gRPC client: one that meets a silent program keeps its socket open for good.
 */
function greet(port: number): Promise<Buffer | null> {
  const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (value: Buffer | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(value);
    };
    const timer = setTimeout(() => answer(null), 500);
    socket.once('connect', () => {
      socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), emptySettings]));
    });
    socket.once('data', (chunk) => answer(chunk));
    socket.once('close', () => answer(null));
    socket.once('error', () => answer(null));
  });
}

async function temporalAt(port: number): Promise<string | null> {
  const connection = Connection.lazy({ address: `127.0.0.1:${port}` });
  try {
    const { serverVersion } = await connection.withDeadline(Date.now() + 1_000, () =>
      connection.workflowService.getSystemInfo({}),
    );
    return `a Temporal server${serverVersion ? ` ${serverVersion}` : ''}`;
  } catch {
    return null;
  } finally {
    await connection.close();
  }
}

/** The kernel lists listening sockets by inode; the process is the one that holds that inode open. */
function listenerOf(port: number): number | null {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return null;
  const holds = (pid: number) =>
    descriptorsOf(pid).some((target) => inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ''));
  return allPids().find(holds) ?? null;
}

/** The table's state 0A means listening; addresses are `<hexadecimal address>:<hexadecimal port>`. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  try {
    const lines = readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1);
    return lines.flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      return fields[3] === '0A' && fields[1]?.endsWith(suffix) && fields[9] ? [fields[9]] : [];
    });
  } catch {
    return [];
  }
}
