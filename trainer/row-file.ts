/** P4, P6: the segment's `metrics.jsonl`, one line per finished epoch, each fsynced before the checkpoint behind it. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { storing, syncDirectory, writeAll } from './durable.ts';
import type { Row } from './protocol.ts';

export interface RowFile {
  append(row: Row): void;
  close(): void;
}

export function openRowFile(segmentDirectory: string): RowFile {
  const path = join(segmentDirectory, 'metrics.jsonl');
  const descriptor = storing(path, () => {
    const opened = openSync(path, 'a', 0o600);
    syncDirectory(dirname(path));
    return opened;
  });
  return {
    append: (row) =>
      storing(path, () => {
        writeAll(descriptor, Buffer.from(`${JSON.stringify(row)}\n`));
        fsyncSync(descriptor);
      }),
    close: () => closeSync(descriptor),
  };
}
