/** Files and directories for people, published as a whole: a reader sees the old one, the new one, or none. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from './durable.ts';

/** Written beside, fsynced, renamed. @throws the operating system's error; nothing is left beside the target. */
export async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const temporary = beside(path, 'new');
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await sync(dirname(path));
}

/**
 * Lets `fill` write plain files into a temporary directory, fsyncs them, and puts it in the target's place.
 *
 * @throws what `fill` or the operating system threw; the target is then what it was
 */
export async function publishDirectory(target: string, fill: (directory: string) => Promise<void>): Promise<void> {
  const [temporary, old] = [beside(target, 'new'), beside(target, 'old')];
  try {
    await mkdir(temporary, { mode: 0o700 });
    await fill(temporary);
    for (const name of await readdir(temporary)) await sync(join(temporary, name));
    await sync(temporary);
    await moveAway(target, old);
    try {
      await rename(temporary, target);
    } catch (error) {
      await moveAway(old, target);
      throw error;
    }
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await sync(dirname(target));
  await rm(old, { recursive: true, force: true });
}

// --- internal ---

/**
 * A name that no other process chooses: two may publish the same thing at once. The target's own name is no part of it:
 * TensorBoard would read a temporary event file, too.
 */
const beside = (path: string, kind: 'new' | 'old'): string =>
  join(dirname(path), `.${kind}-${process.pid}-${randomBytes(4).toString('hex')}`);

async function moveAway(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** A file, or the names in a directory, where the file system can; it does not block other work of the process. */
async function sync(path: string): Promise<void> {
  const opened = await open(path, 'r');
  try {
    await opened.sync();
  } catch (error) {
    // Some network file systems have no fsync of directories.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM'].includes(errorCode(error))) throw error;
  } finally {
    await opened.close();
  }
}
