/**
 * P4: how a checkpoint becomes durable. Rows, then `step-XXXXXXXX.safetensors`, then the list `latest.json`, each written,
 * fsynced, renamed, its directory fsynced; only then are older files removed. P2: all beneath the segment's own directory.
 *
 * A save that fails leaves everything as it was: the files that are listed, and the list. It runs in a thread of its own
 * (`writer-thread.ts`) and knows nothing of it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkpointsDirectory,
  type CheckpointList,
  isSelfSufficient,
  listPath,
  readCheckpointList,
  withEntry,
} from './checkpoint-list.ts';
import { errorCode, removeQuietly, storing, syncDirectory, writeDurably } from './durable.ts';
import type { Position } from './position.ts';
import type { CheckpointEntry, Row } from './protocol.ts';
import { openRowFile } from './row-file.ts';

export interface SaveRequest {
  readonly at: Position & Pick<CheckpointEntry, 'reason'>;
  /** The best metric so far: kept beside the last two until there is a better one. */
  readonly best: boolean;
  /** Rows up to this step, oldest first; those that are durable already may be among them. */
  readonly rows: readonly Row[];
}

export interface CheckpointWriter {
  /** @throws TrainerFailed `StorageError` */
  save(content: Uint8Array, request: SaveRequest): CheckpointEntry;
}

/**
 * Makes what is missing of the segment's files and removes what a crash has left in them.
 * @throws TrainerFailed `StorageError`
 */
export function openCheckpointWriter(segmentDirectory: string): CheckpointWriter {
  const directory = checkpointsDirectory(segmentDirectory);
  makeDirectory(segmentDirectory, directory);
  const rowFile = openRowFile(segmentDirectory);
  const { checkpoints, flaws } = readCheckpointList(directory);
  let kept: readonly CheckpointEntry[] = checkpoints;
  // Of a list that cannot be read nobody knows what it named.
  if (flaws.length === 0) collect(directory, kept);
  return {
    save: (content, { at, best, rows }) => {
      rowFile.append(rows);
      makeDirectory(segmentDirectory, directory);
      const file = freeName(at.step, kept);
      try {
        writeDurably(join(directory, file), content);
        const sha256 = sha256Of(content);
        const entry = { file, ...at, bytes: content.byteLength, sha256, ...(best ? { best: true as const } : {}) };
        const list: CheckpointList = { version: 1, checkpoints: withEntry(kept, entry) };
        writeDurably(listPath(directory), `${JSON.stringify(list, null, 2)}\n`);
        kept = list.checkpoints;
        collect(directory, kept);
        return entry;
      } catch (error) {
        // The list may have been renamed although its directory was not fsynced: what it names stays.
        const now = readCheckpointList(directory);
        if (now.flaws.length === 0 && existsSync(listPath(directory))) kept = now.checkpoints;
        if (now.flaws.length === 0 && !kept.some((other) => other.file === file)) removeQuietly(join(directory, file));
        throw error;
      }
    },
  };
}

// --- internal ---

/** Also when somebody has removed it since; not the segment's own directory, which is the agent's to make. */
function makeDirectory(segmentDirectory: string, directory: string): void {
  storing(directory, () => {
    try {
      mkdirSync(directory, { mode: 0o700 });
      syncDirectory(segmentDirectory);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  });
}

/** Never the name of a listed file: a save that fails half-way must not have touched one. */
function freeName(step: number, kept: readonly CheckpointEntry[]): string {
  const name = `step-${String(step).padStart(8, '0')}`;
  for (let again = 0; ; again += 1) {
    const file = `${name}${again === 0 ? '' : `.${again}`}.safetensors`;
    if (!kept.some((other) => other.file === file)) return file;
  }
}

/** Removes what is not listed, and what was brought along from older segments once it is not needed any more. */
function collect(directory: string, kept: readonly CheckpointEntry[]): void {
  try {
    const listed = new Set(kept.map(({ file }) => file));
    for (const name of readdirSync(directory)) {
      if (name.endsWith('.tmp') || (/^step-\d+(\.\d+)?\.safetensors$/.test(name) && !listed.has(name)))
        removeQuietly(join(directory, name));
    }
    if (isSelfSufficient(kept)) rmSync(join(directory, 'resume'), { recursive: true, force: true });
    if (kept.some(({ best }) => best)) rmSync(join(directory, 'best'), { recursive: true, force: true });
  } catch {
    // The checkpoint is durable all the same; the next one looks again.
  }
}

function sha256Of(content: Uint8Array): string {
  const hash = createHash('sha256');
  // Node takes less than 2 GiB at once.
  for (let from = 0; from < content.byteLength; from += 1 << 26) hash.update(content.subarray(from, from + (1 << 26)));
  return hash.digest('hex');
}
