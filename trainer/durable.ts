/** P4: bytes that survive a power cut. Every failure is a `StorageError` with the system's words and the path. */
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TrainerFailed } from './failure.ts';

/**
 * Writes beside the target, fsyncs, renames over it, fsyncs the directory: a reader sees the old file or the new one.
 * Where that fails, nothing is left beside it.
 */
export function writeDurably(path: string, content: Uint8Array | string): void {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  storing(path, () => {
    try {
      const descriptor = openSync(temporary, 'w', 0o600);
      try {
        writeAll(descriptor, typeof content === 'string' ? Buffer.from(content) : content);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(temporary, path);
    } catch (error) {
      removeQuietly(temporary);
      throw error;
    }
    syncDirectory(dirname(path));
  });
}

/** Node takes less than 2 GiB at once. Bytes. */
const PIECE = 1 << 26;

/** @param position byte of the file at which to begin; null: where the descriptor stands. */
export function writeAll(descriptor: number, content: Uint8Array, position: number | null = null): void {
  for (let written = 0; written < content.byteLength;) {
    const length = Math.min(PIECE, content.byteLength - written);
    written += writeSync(descriptor, content, written, length, position === null ? null : position + written);
  }
}

/** What cannot be removed now is found and removed by the next to look for orphans. */
export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // gone, or for later
  }
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

/** The system's code (`ENOSPC`), also of what {@link storing} threw; empty when there is none. */
export function errorCode(error: unknown): string {
  if (error instanceof TrainerFailed) return errorCode(error.cause);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room',
  EDQUOT: 'your quota is used up: make room',
  EROFS: 'the file system is read-only: choose another root',
  EACCES: 'no permission: the directory must be writable by the user who runs the job',
  EPERM: 'no permission: the directory must be writable by the user who runs the job',
  ENOENT: 'the directory has vanished',
};
