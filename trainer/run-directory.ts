/** The `--directory` of a script that runs by itself: it plays the agent's part there, segment by segment. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findAndBringAlong, originOf } from './bring-along.ts';
import { type CheckpointStore, openCheckpointStore } from './checkpoint-files.ts';
import { storing, writeDurably } from './durable.ts';
import type { Hyperparameters, Row } from './protocol.ts';
import { writeResumeFile } from './resume-file.ts';
import { mergeRows } from './rows.ts';
import { openCurves } from './tensorboard/live.ts';

export interface RunDirectory {
  /** Content of the checkpoint that the new segment begins at; null: from scratch. */
  readonly checkpoint: Uint8Array | null;
  readonly files: CheckpointStore;
  /** Shows a row that is durable in the curves. */
  add(row: Row): void;
  /** Writes `metrics.jsonl` and the curves from the rows of all segments. Warnings go to stderr. */
  finish(): Promise<void>;
}

/** Begins the next segment. @throws TrainerFailed `StorageError` */
export async function openRunDirectory(
  directory: string,
  hyperparameters: Hyperparameters,
  openStore: OpenStore = openCheckpointStore,
): Promise<RunDirectory> {
  const segments = join(directory, 'segments');
  const { number, checkpoint, files } = await openSegment(segments, openStore);
  const curves = await openCurves(join(directory, 'tensorboard'), mergeRows(segments, number), hyperparameters);
  return {
    checkpoint,
    files,
    add: (row) => curves.add(row),
    finish: async () => {
      const rows = mergeRows(segments, number);
      writeDurably(join(directory, 'metrics.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const flaw = await curves.close(rows);
      if (flaw !== null) console.error(`warning: ${flaw}`);
    },
  };
}

// --- internal ---

type OpenStore = (segmentDirectory: string) => CheckpointStore;

async function openSegment(
  segments: string,
  openStore: OpenStore,
): Promise<{ number: number; checkpoint: Uint8Array | null; files: CheckpointStore }> {
  storing(segments, () => mkdirSync(segments, { recursive: true, mode: 0o700 }));
  const newest = Math.max(
    0,
    ...readdirSync(segments)
      .filter((name) => /^\d+$/.test(name))
      .map(Number),
  );
  const number = newest + 1;
  const directory = join(segments, String(number));
  // Not recursive: of two processes that start at once, one fails here.
  storing(directory, () => mkdirSync(directory, { mode: 0o700 }));
  const { point, warnings } = await findAndBringAlong(segments, number);
  for (const warning of warnings) console.error(`warning: ${warning}`);
  writeResumeFile(segments, number, point === null ? null : originOf(segments, point));
  const checkpoint = point === null ? null : readFileSync(point.file);
  return { number, checkpoint, files: openStore(directory) };
}
