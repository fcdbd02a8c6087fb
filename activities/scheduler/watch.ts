/**
 * Watch entries: one small file per token in `<root>/.watch/`, written before sbatch, so that a poller which starts after
 * a crash knows every job that may exist (P10). Losing one costs time, not a job: the token is looked up all the same (P1).
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from '../../workflows/messages.ts';
import { watchDirectory } from '../layout.ts';
import { fingerprint, parseToken } from './token.ts';

export interface WatchEntry {
  readonly identity: Identity;
  /** The trial's workflow id: whom to tell. */
  readonly workflowId: string;
  readonly token: string;
  /** Null until sbatch has answered. */
  readonly jobId: string | null;
  /** The newest incarnation that ensureJob knows of: a higher one is news. */
  readonly restartCount: number;
}

/** A token as a file name: `lr/3.1@0123456789ab` is `lr%2F3.1%400123456789ab.json`. */
const fileName = (token: string): string => `${encodeURIComponent(token)}.json`;

export async function writeEntry(root: string, entry: WatchEntry): Promise<void> {
  const directory = watchDirectory(root);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, fileName(entry.token));
  const temporary = join(directory, `.${randomUUID()}.tmp`);
  await writeFile(temporary, JSON.stringify(entry) + '\n', { mode: 0o600 });
  await rename(temporary, path);
}

/** Every readable entry; one that vanishes or is not ours is left out. */
export async function readEntries(root: string): Promise<WatchEntry[]> {
  const directory = watchDirectory(root);
  const names = await readNames(directory);
  const entries = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readEntry(join(directory, name))),
  );
  return entries.filter((entry) => entry !== null);
}

/** Forgets all submissions of a trial. */
export async function forget(root: string, identity: Identity, trial: number): Promise<void> {
  const directory = watchDirectory(root);
  const print = fingerprint(identity);
  for (const name of await readNames(directory)) {
    if (!name.endsWith('.json')) continue;
    const token = parseToken(decode(name.slice(0, -'.json'.length)));
    if (token === null || token.trial !== trial || token.sweepId !== identity.sweepId || token.fingerprint !== print)
      continue;
    await rm(join(directory, name), { force: true });
  }
}

async function readNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function readEntry(path: string): Promise<WatchEntry | null> {
  try {
    const entry = JSON.parse(await readFile(path, 'utf8')) as Partial<WatchEntry> | null;
    const complete =
      typeof entry?.token === 'string' && typeof entry.workflowId === 'string' && entry.identity !== undefined;
    return complete ? (entry as WatchEntry) : null;
  } catch {
    return null;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
