/** Who answers on a port that we wanted: a message that names it spares the user a search. */
import { readFileSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import { accepts, isFree } from './ports.ts';
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
  return {
    what:
      (await temporalAt(port)) ??
      ((await accepts({ port, host: '127.0.0.1' })) ? program : `${program}, which does not answer`),
    pid,
  };
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

async function temporalAt(port: number): Promise<string | null> {
  try {
    const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: '1s' });
    try {
      const { serverVersion } = await connection.workflowService.getSystemInfo({});
      return `a Temporal server${serverVersion ? ` ${serverVersion}` : ''}`;
    } finally {
      await connection.close();
    }
  } catch {
    return null;
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
