/**
 * P2: what a new segment needs of older ones it holds by a hard link of its own (a copy where the file system refuses),
 * so that no zombie that still rotates its files can take it away: where it begins, and the best checkpoint so far.
 */
import { constants, existsSync } from 'node:fs';
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type BestCheckpoint, findBestCheckpoint } from './best.ts';
import { checkpointsDirectory, type CheckpointList, listPath } from './checkpoint-list.ts';
import { errorCode, storing, syncDirectory, writeDurably } from './durable.ts';
import type { ResumePoint } from './protocol.ts';
import { broughtPath, findResumePoint, type FoundResumePoint } from './restore.ts';

/** How often a file may vanish between being found and being linked, which only a zombie's rotation can do. */
const TRIES = 5;

/**
 * Finds where the segment begins and brings it along. To be written to `resume.json` by the caller, and then granted.
 * @returns the point, whose `file` is the segment's own.
 * @throws TrainerFailed `StorageError` when the segment's directory cannot be written.
 */
export async function findAndBringAlong(segmentsDirectory: string, segment: number): Promise<FoundResumePoint> {
  const directory = join(segmentsDirectory, String(segment));
  const best = await findBestCheckpoint(segmentsDirectory, segment - 1);
  if (best !== null) await bringBest(directory, best);
  for (let tried = 1; ; tried += 1) {
    const found = await findResumePoint(segmentsDirectory, segment - 1);
    if (found.point === null) return found;
    const own = broughtPath(directory, 'resume', found.point.file);
    if (await bring(found.point.file, own)) return { ...found, point: { ...found.point, file: own } };
    if (tried === TRIES) return found;
  }
}

/** What `resume.json` says of a point: the file by its place in the older segment. */
export const originOf = (segmentsDirectory: string, point: ResumePoint): ResumePoint => ({
  ...point,
  file: join(checkpointsDirectory(join(segmentsDirectory, String(point.segment))), basename(point.file)),
});

// --- internal ---

async function bringBest(directory: string, { entry, file }: BestCheckpoint): Promise<void> {
  const own = broughtPath(directory, 'best', file);
  // A mere view: without it the trial goes on as well.
  if (!(await bring(file, own))) return;
  const list: CheckpointList = { version: 1, checkpoints: [entry] };
  writeDurably(listPath(dirname(own)), `${JSON.stringify(list, null, 2)}\n`);
}

/** @returns false when the file has gone. */
async function bring(file: string, own: string): Promise<boolean> {
  const folder = dirname(own);
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await linkOrCopy(file, own);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && existsSync(folder)) return false;
    return storing(own, () => {
      throw error;
    });
  }
  for (const changed of [folder, dirname(folder), dirname(dirname(folder))])
    storing(changed, () => syncDirectory(changed));
  return true;
}

async function linkOrCopy(file: string, own: string): Promise<void> {
  try {
    await link(file, own);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw error;
    await copyFile(file, own, constants.COPYFILE_FICLONE);
  }
}
