/**
 * P4: `checkpoints/step-XXXXXXXX.safetensors` and the list `latest.json`, each written, fsynced, renamed, its directory
 * fsynced. P2: everything happens beneath the segment's own directory.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { storing, syncDirectory, writeDurably } from './durable.ts';
import type { CheckpointEntry } from './protocol.ts';

/** `checkpoints/latest.json`: newest first. */
export interface CheckpointList {
  readonly version: 1;
  readonly checkpoints: readonly CheckpointEntry[];
}

export interface CheckpointStore {
  /** Returns when the checkpoint is durable and listed, and the one before the last but one is gone. */
  save(content: Buffer, at: Pick<CheckpointEntry, 'step' | 'epoch' | 'batch' | 'reason'>): CheckpointEntry;
}

const KEPT = 2;

export function openCheckpointStore(segmentDirectory: string): CheckpointStore {
  const directory = join(segmentDirectory, 'checkpoints');
  storing(directory, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    syncDirectory(segmentDirectory);
  });
  let kept: CheckpointEntry[] = [];
  return {
    save: (content, at) => {
      const file = `step-${String(at.step).padStart(8, '0')}.safetensors`;
      writeDurably(join(directory, file), content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const entry: CheckpointEntry = { file, ...at, bytes: content.byteLength, sha256 };
      const old = kept.filter((other) => other.file !== file);
      kept = [entry, ...old.slice(0, KEPT - 1)];
      const list: CheckpointList = { version: 1, checkpoints: kept };
      writeDurably(join(directory, 'latest.json'), `${JSON.stringify(list, null, 2)}\n`);
      // Only now, with the list durable, may the oldest go.
      for (const { file: gone } of old.slice(KEPT - 1)) storing(gone, () => unlinkSync(join(directory, gone)));
      return entry;
    },
  };
}
