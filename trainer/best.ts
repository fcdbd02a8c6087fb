/** The trial's best checkpoint along the chain of segments: a view for people, never where a segment begins (P2). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointsDirectory, readCheckpointList } from './checkpoint-list.ts';
import type { CheckpointEntry } from './protocol.ts';
import { verifyFile } from './restore.ts';
import { readResumeFile } from './resume-file.ts';

export interface BestCheckpoint {
  readonly entry: CheckpointEntry;
  /** Absolute, verified. */
  readonly file: string;
}

/**
 * Of the newest segment that has one: its own, else the one that it brought along from its predecessors.
 * @param newestGranted number of the newest segment that was ever granted. @returns null when none is marked or intact.
 */
export async function findBestCheckpoint(
  segmentsDirectory: string,
  newestGranted: number,
): Promise<BestCheckpoint | null> {
  let segment = newestGranted;
  let limit = Infinity;
  while (segment > 0) {
    const directory = join(segmentsDirectory, String(segment));
    if (existsSync(directory)) {
      const own = checkpointsDirectory(directory);
      for (const folder of [own, join(own, 'best')]) {
        for (const entry of readCheckpointList(folder).checkpoints) {
          if (entry.best !== true || entry.step > limit) continue;
          const file = join(folder, entry.file);
          if ((await verifyFile(file, entry.sha256, entry.bytes)) === null) return { entry, file };
        }
      }
    }
    const resume = readResumeFile(segmentsDirectory, segment);
    if (resume.kind === 'scratch') return null;
    if (resume.kind === 'resume') limit = resume.point.step;
    segment = resume.kind === 'resume' ? resume.point.segment : segment - 1;
  }
  return null;
}
