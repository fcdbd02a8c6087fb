/** What the control worker reads from a trial's segments: the merged rows, the best checkpoint, a segment's end. */
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { syncDirectory, writeAtomically } from '../activities/files.ts';
import type { trialLayout } from '../activities/layout.ts';
import { findBestCheckpoint } from '../trainer/best.ts';
import { positionOf } from '../trainer/position.ts';
import { findResumePoint } from '../trainer/restore.ts';
import { mergeRows } from '../trainer/rows.ts';
import type { CheckpointEntry } from '../trainer/protocol.ts';
import type { Outcome, Position } from '../workflows/messages.ts';
import { writeProducts } from './trial-products.ts';

type Trial = ReturnType<typeof trialLayout>;

/**
 * Views for people, never read to resume (P2): all rows in order, curves and model, the best checkpoint (where none is
 * marked, the last).
 * @returns warnings about curves and model.
 */
export async function closeViews(trial: Trial, segment: number): Promise<string[]> {
  if (segment === 0) return [];
  const rows = mergeRows(trial.segments, segment);
  await writeAtomically(trial.metrics, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const warnings = await writeProducts(trial, segment, rows);
  const checkpoint =
    (await findBestCheckpoint(trial.segments, segment)) ?? (await findResumePoint(trial.segments, segment)).point;
  if (checkpoint === null) return warnings;
  await mkdir(trial.best, { recursive: true, mode: 0o700 });
  const target = trial.bestCheckpoint;
  await copyFile(checkpoint.file, `${target}.tmp`);
  await rename(`${target}.tmp`, target);
  await syncDirectory(trial.best);
  return warnings;
}

export async function readSegment(
  trial: Trial,
  segment: number,
): Promise<{ outcome: Outcome | null; position: Position | null }> {
  const files = trial.segment(segment);
  const outcome = await readJson<Outcome>(files.outcome);
  const latest = await readJson<{ checkpoints: readonly CheckpointEntry[] }>(files.latest);
  const newest = latest?.checkpoints[0];
  return {
    outcome,
    position: newest === undefined ? null : positionOf(newest),
  };
}

async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}
