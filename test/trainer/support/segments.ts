/** Segments made of plain files, for what needs no trainer. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { CheckpointEntry, ResumePoint, Row } from '../../../trainer/protocol.ts';

export const BATCHES = 4;

export interface SegmentFiles {
  /** Steps of its checkpoints, oldest first. */
  readonly checkpoints?: readonly number[];
  /** Step of an older segment's checkpoint at which it began; null: from scratch; undefined: no resume.json at all. */
  readonly resume?: { readonly segment: number; readonly step: number } | null | undefined;
  /** Epochs whose rows it wrote. */
  readonly rows?: readonly number[];
}

/** Names the writer, so that it shows whose bytes are restored. */
export const contentOf = (segment: number, step: number): Buffer => Buffer.from(`segment ${segment}, step ${step}`);

export const createSegments = (): string => mkdtempSync(join(tmpdir(), 'segments-'));

export function pointOf(segments: string, segment: number, step: number): ResumePoint {
  return {
    segment,
    step,
    epoch: Math.floor(step / BATCHES),
    batch: step % BATCHES,
    file: checkpointPath(segments, segment, step),
    sha256: createHash('sha256').update(contentOf(segment, step)).digest('hex'),
  };
}

export const checkpointPath = (segments: string, segment: number, step: number): string =>
  join(segments, String(segment), 'checkpoints', `step-${String(step).padStart(8, '0')}.safetensors`);

/** As a trainer leaves it, the last two checkpoints listed; nothing is fsynced, which would make properties slow. */
export function writeSegment(segments: string, segment: number, files: SegmentFiles): void {
  const directory = join(segments, String(segment));
  mkdirSync(join(directory, 'checkpoints'), { recursive: true });
  const { resume, rows, checkpoints = [] } = files;
  if (resume !== undefined) {
    const point = resume === null ? null : pointOf(segments, resume.segment, resume.step);
    writeFileSync(join(directory, 'resume.json'), JSON.stringify(point));
  }
  if (rows !== undefined) {
    const lines = rows.map((epoch) => `${JSON.stringify(rowOf(segment, epoch))}\n`);
    writeFileSync(join(directory, 'metrics.jsonl'), lines.join(''));
  }
  const kept = checkpoints
    .slice(-2)
    .toReversed()
    .map((step): CheckpointEntry => {
      const content = contentOf(segment, step);
      const { file, ...point } = pointOf(segments, segment, step);
      writeFileSync(file, content);
      const { epoch, batch, sha256 } = point;
      return { file: basename(file), step, epoch, batch, bytes: content.byteLength, sha256, reason: 'epoch' };
    });
  if (kept.length > 0) {
    writeFileSync(join(directory, 'checkpoints/latest.json'), JSON.stringify({ version: 1, checkpoints: kept }));
  }
}

/** Its metric tells the writer. */
export const rowOf = (segment: number, epoch: number): Row => ({
  step: epoch * BATCHES,
  epoch,
  metrics: { loss: segment },
});
