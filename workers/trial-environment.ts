/** Under what a trial was trained, by its newest checkpoint. */
import { open } from 'node:fs/promises';
import type { Environment } from '../activities/results/verified.ts';
import type { trialLayout } from '../activities/layout.ts';
import { findResumePoint } from '../trainer/restore.ts';
import { decodeMetadata } from '../trainer/safetensors.ts';

/** @returns null: no checkpoint that can be read, one of another kind, or more than one environment in turn. */
export async function trialEnvironment(
  trial: ReturnType<typeof trialLayout>,
  segment: number,
): Promise<Environment | null> {
  try {
    const { point } = await findResumePoint(trial.segments, segment);
    if (point === null) return null;
    const { state = '{}' } = decodeMetadata(await readHeader(point.file));
    const { environment = null, environmentChanges = 0 } = JSON.parse(state) as {
      readonly environment?: Environment;
      readonly environmentChanges?: number;
    };
    return environmentChanges > 0 ? null : environment;
  } catch {
    return null;
  }
}

// --- internal ---

/** The tensors behind it may be gigabytes. */
async function readHeader(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer: length } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const size = 8 + Number(length.readBigUInt64LE());
    return (await file.read(Buffer.alloc(size), 0, size, 0)).buffer;
  } finally {
    await file.close();
  }
}
