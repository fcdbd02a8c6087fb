/** P4, P6: the segment's `metrics.jsonl`, one line per finished epoch, each fsynced before the checkpoint behind it. */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, storing, syncDirectory, writeAll } from './durable.ts';
import type { Row } from './protocol.ts';

export interface RowFile {
  /**
   * Returns when these rows, and those that could not be written before, are durable. A row whose step is there already
   * is no second time. @throws TrainerFailed `StorageError`; the rows are kept and written by the next call.
   */
  append(rows: readonly Row[]): void;
}

/** Goes on behind the last whole line of a file that exists. @throws TrainerFailed `StorageError` */
export function openRowFile(segmentDirectory: string): RowFile {
  const path = join(segmentDirectory, 'metrics.jsonl');
  let content = storing(path, () => readWhole(path));
  let newest = newestStep(content);
  let durable = -1;
  const write = (): void =>
    storing(path, () => {
      // Opened each time: a descriptor would go on writing into a file that somebody has removed.
      const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
      try {
        const { size } = fstatSync(descriptor);
        const from = Math.max(0, Math.min(durable, size));
        writeAll(descriptor, content.subarray(from), from);
        if (size > content.byteLength) ftruncateSync(descriptor, content.byteLength);
        fsyncSync(descriptor);
        if (size < durable || durable < 0) syncDirectory(dirname(path));
      } finally {
        closeSync(descriptor);
      }
      durable = content.byteLength;
    });
  write();
  return {
    append: (rows) => {
      const fresh = rows.filter(({ step }) => step > newest);
      newest = fresh.at(-1)?.step ?? newest;
      content = Buffer.concat([content, Buffer.from(fresh.map((row) => `${JSON.stringify(row)}\n`).join(''))]);
      if (durable < content.byteLength) write();
    },
  };
}

// --- internal ---

/** Up to the last end of a line. */
function readWhole(path: string): Buffer {
  try {
    const content = readFileSync(path);
    return content.subarray(0, content.lastIndexOf('\n') + 1);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function newestStep(content: Buffer): number {
  const last = content.toString().trimEnd().split('\n').at(-1) ?? '';
  try {
    return (JSON.parse(last) as Row).step;
  } catch {
    return -1;
  }
}
