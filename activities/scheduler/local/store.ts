/** The cluster's memory: `jobs.json`, replaced atomically. Changes of one turn of the event loop share one write. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalJob } from './model.ts';

export interface Memory {
  readonly version: 1;
  readonly nextId: number;
  readonly jobs: readonly LocalJob[];
}

export interface Store {
  read(): Promise<Memory>;
  /** Resolves when what `snapshot` returns now, or later, is in the file. */
  commit(): Promise<void>;
}

export function createStore(directory: string, snapshot: () => Memory): Store {
  const path = join(directory, 'jobs.json');
  let next: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const temporary = `${path}.${randomUUID()}.tmp`;
    await writeFile(temporary, JSON.stringify(snapshot()) + '\n', { mode: 0o600 });
    await rename(temporary, path);
  }

  return {
    async read() {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      try {
        return JSON.parse(await readFile(path, 'utf8')) as Memory;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, nextId: 1, jobs: [] };
        throw new Error(`${path} cannot be read: ${String(error)}. Move it away to start with an empty queue.`, {
          cause: error,
        });
      }
    },
    commit() {
      next ??= last = last
        .catch(() => {})
        .then(() => {
          next = null;
          return write();
        });
      return next;
    },
  };
}
