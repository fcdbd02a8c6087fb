/** `checkpoints/latest.json`: which checkpoints of a segment count. What is not listed there does not exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './durable.ts';
import type { CheckpointEntry } from './protocol.ts';

/** Newest first. */
export interface CheckpointList {
  readonly version: 1;
  readonly checkpoints: readonly CheckpointEntry[];
}

export interface ReadList {
  readonly checkpoints: readonly CheckpointEntry[];
  /** What was passed over, one sentence each. A list that does not exist is empty, and no flaw. */
  readonly flaws: readonly string[];
}

/** How many of the newest are kept, beside the best. */
const KEPT = 2;

export const checkpointsDirectory = (segmentDirectory: string): string => join(segmentDirectory, 'checkpoints');

export const listPath = (directory: string): string => join(directory, 'latest.json');

/** @param directory that of the checkpoints. Never throws. */
export function readCheckpointList(directory: string): ReadList {
  const path = listPath(directory);
  try {
    const list = JSON.parse(readFileSync(path, 'utf8')) as Partial<Record<keyof CheckpointList, unknown>> | null;
    if (list?.version !== 1 || !Array.isArray(list.checkpoints)) throw new TypeError('not a list of version 1');
    const entries: unknown[] = list.checkpoints;
    const checkpoints = entries.filter(isEntry).toSorted((left, right) => right.step - left.step);
    const flaws = entries.filter((entry) => !isEntry(entry)).map((entry) => `${path} has no use for ${cut(entry)}`);
    return { checkpoints, flaws };
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return { checkpoints: [], flaws: [] };
    const words = error instanceof Error ? error.message : String(error);
    return { checkpoints: [], flaws: [`${path} is unusable: ${words}`] };
  }
}

/** The list once `entry` is durable: it, the one before, and the best. Of best ones there is but one. */
export function withEntry(list: readonly CheckpointEntry[], entry: CheckpointEntry): CheckpointEntry[] {
  const older = entry.best === true ? list.map(unmarked) : list;
  return [entry, ...older].filter(({ best }, index) => index < KEPT || best === true);
}

/** Two of its own: a segment's predecessors are needed no more. */
export const isSelfSufficient = (list: readonly CheckpointEntry[]): boolean => list.length >= KEPT;

// --- internal ---

function unmarked(entry: CheckpointEntry): CheckpointEntry {
  const { best, ...others } = entry;
  return best === undefined ? entry : others;
}

const cut = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 200);

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isEntry(value: unknown): value is CheckpointEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof CheckpointEntry, unknown>>;
  const { file, step, epoch, batch, evaluated = 0, bytes, sha256, best } = entry;
  return (
    typeof file === 'string' &&
    // A name, never a path: no entry points outside of its segment.
    /^[^/\\\0]+$/.test(file) &&
    !/^\.{1,2}$/.test(file) &&
    [step, epoch, batch, evaluated, bytes].every(isCount) &&
    /^[0-9a-f]{64}$/.test(String(sha256)) &&
    (best === undefined || best === true)
  );
}
