/** A directory of doctor's own under the root of all sweeps; no sweep's id begins with a dot. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Scratch {
  readonly directory: string;
  /**
   * Leaves nothing that was not there before. Another's sweep is never touched: only empty directories go with it.
   * @returns null, or why it is still there (NFS keeps files that a node has open).
   */
  remove(): Promise<string | null>;
}

/** @param root absolute. @throws the operating system's error when the root cannot be made or written. */
export async function makeScratch(root: string): Promise<Scratch> {
  const directory = join(root, '.doctor', randomBytes(6).toString('hex'));
  const made = (await mkdir(directory, { recursive: true, mode: 0o700 })) ?? directory;
  return {
    directory,
    remove: async () => {
      try {
        await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
      const others = (error: unknown): unknown => error;
      for (let path = dirname(directory); path.length >= made.length; path = dirname(path)) {
        if ((await rmdir(path).catch(others)) !== undefined) break;
      }
      return null;
    },
  };
}
