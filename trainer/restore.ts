/**
 * Where the next segment begins (P2, P4): the newest valid checkpoint of the newest granted segment, older ones of that
 * segment next, else exactly the one that its `resume.json` names, and so on down the chain. What an older segment wrote
 * beyond that (a zombie may have) never counts. Pure Node: the agent calls it before any tensor library is loaded.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkpointsDirectory, readCheckpointList } from './checkpoint-list.ts';
import type { CheckpointEntry, ResumePoint } from './protocol.ts';
import { readResumeFile } from './resume-file.ts';

export interface FoundResumePoint {
  /** `file` is absolute; null: from scratch. */
  readonly point: ResumePoint | null;
  /** One sentence per checkpoint that was passed over, and why. */
  readonly warnings: readonly string[];
}

/** @param newestGranted number of the newest segment that was ever granted; 0: none was. */
export async function findResumePoint(segmentsDirectory: string, newestGranted: number): Promise<FoundResumePoint> {
  const warnings: string[] = [];
  let segment = newestGranted;
  /** Only checkpoints up to this step count; beyond it the segment's successor began elsewhere. */
  let limit = Infinity;
  while (segment > 0) {
    const directory = join(segmentsDirectory, String(segment));
    // Granted, but its agent died before it made the directory: it has changed nothing.
    if (!existsSync(directory)) {
      segment -= 1;
      continue;
    }
    const { checkpoints, flaws } = readCheckpointList(checkpointsDirectory(directory));
    warnings.push(...flaws);
    for (const entry of checkpoints) {
      if (entry.step > limit) continue;
      const point = toPoint(segmentsDirectory, segment, entry);
      const flaw = await verifyFile(point.file, entry.sha256, entry.bytes);
      if (flaw === null) return { point, warnings };
      warnings.push(`checkpoint of segment ${segment}, step ${entry.step} is unusable: ${flaw}`);
    }
    const resume = readResumeFile(segmentsDirectory, segment);
    if (resume.kind === 'scratch') return { point: null, warnings };
    if (resume.kind === 'resume') {
      const point = toPoint(segmentsDirectory, resume.point.segment, resume.point);
      // Its own copy first: the older segment's may be gone.
      const copy = broughtPath(directory, 'resume', point.file);
      for (const file of existsSync(copy) ? [copy, point.file] : [point.file]) {
        const flaw = await verifyFile(file, point.sha256, null);
        if (flaw === null) return { point: { ...point, file }, warnings };
        warnings.push(`checkpoint of segment ${point.segment}, step ${point.step} is unusable: ${flaw}`);
      }
      segment = point.segment;
      limit = point.step - 1;
      continue;
    }
    if (resume.kind === 'torn') warnings.push(`the beginning of segment ${segment} is unknown: ${resume.why}`);
    segment -= 1;
  }
  return { point: null, warnings };
}

/** Where a segment keeps its own copy of an older one's file: the name stays, so that it can be found by either. */
export const broughtPath = (segmentDirectory: string, why: 'resume' | 'best', file: string): string =>
  join(checkpointsDirectory(segmentDirectory), why, basename(file));

/** The path follows from the segment, so that a sweep's directory may be moved and none can point outside. */
export function toPoint(
  segmentsDirectory: string,
  segment: number,
  { step, epoch, batch, sha256, file }: Pick<CheckpointEntry, 'step' | 'epoch' | 'batch' | 'sha256' | 'file'>,
): ResumePoint {
  const path = join(checkpointsDirectory(join(segmentsDirectory, String(segment))), basename(file));
  return { segment, step, epoch, batch, file: path, sha256 };
}

/** @returns what is wrong with the file, or null. */
export async function verifyFile(path: string, sha256: string, bytes: number | null): Promise<string | null> {
  try {
    const { size } = statSync(path);
    if (bytes !== null && size !== bytes) return `${path} has ${size} bytes instead of ${bytes}`;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
    return hash.digest('hex') === sha256 ? null : `${path} has another sha256 than was recorded`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
