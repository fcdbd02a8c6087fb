/**
 * Which daemons run on a cluster's directory: recorded in `instance.json`, so that a start after a crash knows what
 * the former process left behind.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from './daemon.ts';
import { type ProcessIdentity, identify, runs } from './process-table.ts';

export interface Instance {
  /** The process that started the cluster and would stop it. */
  readonly owner: ProcessIdentity;
  readonly daemons: readonly Daemon[];
  readonly ports: readonly number[];
}

const fileIn = (directory: string): string => join(directory, 'instance.json');

export function writeInstance(directory: string, instance: Instance): void {
  const file = fileIn(directory);
  writeFileSync(`${file}.tmp`, `${JSON.stringify(instance, null, 2)}\n`);
  renameSync(`${file}.tmp`, file);
}

export function readInstance(directory: string): Instance | null {
  try {
    return JSON.parse(readFileSync(fileIn(directory), 'utf8')) as Instance;
  } catch {
    return null;
  }
}

export const removeInstance = (directory: string): void => rmSync(fileIn(directory), { force: true });

export const thisProcess = (): ProcessIdentity => identify(process.pid) ?? { pid: process.pid, startTicks: 'unknown' };

export type Found =
  | { readonly kind: 'none'; readonly ports: readonly number[] }
  /** Its owner lives: the directory is taken. */
  | { readonly kind: 'owned'; readonly pid: number }
  /** Its owner was killed, its daemons were not. */
  | { readonly kind: 'orphaned'; readonly owner: number; readonly daemons: readonly Daemon[] };

/** A pid file may be stale and its number may be another program's by now: start times are compared. */
export function findInstance(directory: string): Found {
  const instance = readInstance(directory);
  if (!instance) return { kind: 'none', ports: [] };
  const daemons = instance.daemons.filter(runs);
  if (runs(instance.owner)) return { kind: 'owned', pid: instance.owner.pid };
  if (daemons.length === 0) return { kind: 'none', ports: instance.ports };
  return { kind: 'orphaned', owner: instance.owner.pid, daemons };
}
