import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readlinkSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A short path, without blanks, to a directory: a link in the folder for temporary files. SLURM's configuration knows
 * no blanks, and the path of a Unix socket ends at 107 bytes.
 * The same directory always gets the same path, so that what a job remembers holds after a restart.
 */
export interface ShortDirectory {
  readonly path: string;
  remove(): void;
}

export function shortDirectory(directory: string, temporary = tmpdir()): ShortDirectory {
  const target = realpathSync(directory);
  const uid = process.getuid?.() ?? 0;
  const hash = createHash('sha256').update(target).digest('hex').slice(0, 10);
  const parent = [temporary, '/tmp'].find((folder) => /^[\w./-]+$/.test(folder) && folder.length <= 40);
  const holder = join(parent ?? '/tmp', `sweep-${uid}-${hash}`);
  makePrivate(holder, uid);
  const path = join(holder, 'd');
  // Anything else under that name is a left-over of ours: the holder is proven to be.
  if (linkTarget(path) !== target) {
    rmSync(path, { recursive: true, force: true });
    symlinkSync(target, path);
  }
  return { path, remove: () => rmSync(holder, { recursive: true, force: true }) };
}

/** In a folder that everybody may write to, somebody else may have made ours first. */
function makePrivate(holder: string, uid: number): void {
  mkdirSync(holder, { mode: 0o755, recursive: true });
  const status = lstatSync(holder);
  if (!status.isDirectory() || status.uid !== uid) {
    throw new Error(
      `${holder} belongs to another user (uid ${status.uid}); remove it, or set TMPDIR to a folder of your own`,
    );
  }
  chmodSync(holder, 0o755);
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
