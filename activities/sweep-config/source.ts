/** The one place that opens a sweep.yaml. P14: a file that others could have written is refused. */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

const MAX_BYTES = 1024 * 1024;

export type SourceText =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/** @param anyOwner accept a file of another user (whoever may start sweeps is trusted with commands anyway). */
export function readSource(file: string, anyOwner: boolean): SourceText {
  let descriptor: number;
  try {
    // O_NONBLOCK: opening a FIFO would wait for a writer.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return refuse(openingFailed(error));
  }
  try {
    const stats = fstatSync(descriptor);
    const objection = unsuitable(stats) ?? untrusted(stats, file, anyOwner);
    if (objection !== null) return refuse(objection);
    const bytes = readFileSync(descriptor);
    if (bytes.length > MAX_BYTES) return refuse(tooBig(bytes.length));
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return refuse('is not UTF-8 text. Save it as UTF-8.');
    return refuse(`cannot be read: ${words(error)}.`);
  } finally {
    closeSync(descriptor);
  }
}

function unsuitable(stats: Stats): string | null {
  if (stats.isDirectory()) return 'is a directory. Name the sweep.yaml inside it.';
  if (!stats.isFile()) return 'is not a regular file.';
  return stats.size > MAX_BYTES ? tooBig(stats.size) : null;
}

function untrusted(stats: Stats, file: string, anyOwner: boolean): string | null {
  const user = process.getuid?.();
  // A user's private group has the user's number: with the umask 002 that goes with it, g+w lets nobody else in.
  const others = (stats.mode & 0o002) !== 0 || ((stats.mode & 0o020) !== 0 && stats.gid !== stats.uid);
  if (others) return `can be written by others, and it decides which commands run. Mend it: chmod go-w ${quote(file)}`;
  if (user === undefined || anyOwner || stats.uid === user || stats.uid === 0) return null;
  return (
    `belongs to another user (${stats.uid}; this process runs as ${user}), and it decides which commands run. ` +
    'Make a copy of your own, or let the worker run with --allow-inline.'
  );
}

function openingFailed(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT')
    return 'does not exist. Relative paths are relative to the directory in which the worker started.';
  if (code === 'ENOTDIR') return 'does not exist: a part of its path is a file, not a directory.';
  if (code === 'EACCES' || code === 'EPERM')
    return 'may not be read by this process (permission denied). Try: chmod u+r';
  return `cannot be opened: ${words(error)}.`;
}

const refuse = (message: string): SourceText => ({ ok: false, message });
const tooBig = (bytes: number) => `is too big: ${bytes} bytes, at most ${MAX_BYTES} (1 MiB) are read.`;
const words = (error: unknown) => (error instanceof Error ? error.message : String(error));
const quote = (file: string) => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`);
