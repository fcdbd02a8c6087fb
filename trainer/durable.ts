/** P4: bytes that survive a power cut. Every failure is a `StorageError` with the system's words and the path. */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TrainerFailed } from './failure.ts';

/** Writes beside the target, fsyncs, renames over it, fsyncs the directory: a reader sees the old file or the new one. */
export function writeDurably(path: string, content: Uint8Array | string): void {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  storing(path, () => {
    const descriptor = openSync(temporary, 'w', 0o600);
    try {
      writeAll(descriptor, typeof content === 'string' ? Buffer.from(content) : content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
    syncDirectory(dirname(path));
  });
}

export function writeAll(descriptor: number, content: Uint8Array): void {
  for (let written = 0; written < content.byteLength;) written += writeSync(descriptor, content, written);
}

/** Makes new names in a directory durable, where the file system can. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Some network file systems have no fsync of directories; the rename is then as durable as they make it.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errorCode(error))) throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Runs a file operation; what the system refuses is thrown as `StorageError`. */
export function storing<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof TrainerFailed) throw error;
    const words = error instanceof Error ? error.message : String(error);
    const hint = HINTS[errorCode(error)] ?? 'look at the file system, then let the trial be retried';
    throw new TrainerFailed('StorageError', `cannot write ${path}: ${words} (${hint})`, { cause: error });
  }
}

export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room',
  EDQUOT: 'your quota is used up: make room',
  EROFS: 'the file system is read-only: choose another root',
  EACCES: 'no permission: the directory must be writable by the user who runs the job',
  EPERM: 'no permission: the directory must be writable by the user who runs the job',
  ENOENT: 'the directory has vanished',
};
