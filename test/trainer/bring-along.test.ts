import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBestCheckpoint } from '../../trainer/best.ts';
import { findAndBringAlong, originOf } from '../../trainer/bring-along.ts';
import { openCheckpointWriter } from '../../trainer/checkpoint-writer.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { writeResumeFile } from '../../trainer/resume-file.ts';
import { checkpointOf, stepOf } from './support/checkpoints.ts';
import { createSegments } from './support/segments.ts';

let segments: string;
beforeEach(() => void (segments = createSegments()));
afterEach(() => rmSync(segments, { recursive: true, force: true }));

const folder = (segment: number): string => join(segments, String(segment));
const checkpoints = (segment: number): string => join(folder(segment), 'checkpoints');

/** As an agent does it. */
async function begin(segment: number) {
  mkdirSync(folder(segment));
  const found = await findAndBringAlong(segments, segment);
  writeResumeFile(segments, segment, found.point === null ? null : originOf(segments, found.point));
  return found.point;
}

function save(segment: number, steps: readonly number[], best?: number): void {
  const writer = openCheckpointWriter(folder(segment));
  for (const step of steps) {
    const at = { step, epoch: 0, batch: step, reason: 'interval' as const };
    writer.save(checkpointOf(step), { at, best: step === best, rows: [] });
  }
}

describe('a segment holds what it begins with', () => {
  it('by a hard link, which a zombie of the older segment cannot rotate away', async () => {
    await begin(1);
    save(1, [4]);
    const point = await begin(2);
    expect(point).toMatchObject({ segment: 1, step: 4 });
    expect(point!.file).toBe(join(checkpoints(2), 'resume/step-00000004.safetensors'));
    expect(statSync(point!.file).nlink).toBe(2);
    save(1, [5, 6, 7]); // the zombie
    expect(existsSync(join(checkpoints(1), 'step-00000004.safetensors'))).toBe(false);
    const again = await findResumePoint(segments, 2);
    expect(again).toEqual({ point, warnings: [] });
    expect(stepOf(point!.file)).toBe(4);
  });

  it('and hands it on: the next one finds it, under the segment that wrote it', async () => {
    await begin(1);
    save(1, [4]);
    await begin(2);
    rmSync(folder(1), { recursive: true });
    const point = await begin(3);
    expect(point).toMatchObject({
      segment: 1,
      step: 4,
      file: join(checkpoints(3), 'resume/step-00000004.safetensors'),
    });
    expect(readFileSync(join(folder(3), 'resume.json'), 'utf8')).toContain('segments');
    rmSync(folder(2), { recursive: true });
    expect((await findResumePoint(segments, 3)).point).toEqual(point);
  });

  it('removes it once it has two of its own', async () => {
    await begin(1);
    save(1, [4]);
    await begin(2);
    save(2, [5]);
    expect(existsSync(join(checkpoints(2), 'resume'))).toBe(true);
    save(2, [6]);
    expect(existsSync(join(checkpoints(2), 'resume'))).toBe(false);
  });

  it('is torn: the older segment still has it, and the flaw is told', async () => {
    await begin(1);
    save(1, [4]);
    const point = await begin(2);
    rmSync(point!.file);
    writeFileSync(point!.file, 'torn');
    const again = await findResumePoint(segments, 2);
    expect(again.point).toMatchObject({ step: 4, file: join(checkpoints(1), 'step-00000004.safetensors') });
    expect(again.warnings).toEqual([expect.stringMatching(/resume\/step-00000004.* has another sha256/)]);
  });

  it('a directory that cannot be written: StorageError', async () => {
    await begin(1);
    save(1, [4]);
    writeFileSync(folder(2), 'not a directory');
    await expect(findAndBringAlong(segments, 2)).rejects.toMatchObject({ type: 'StorageError' });
  });
});

describe('the best checkpoint', () => {
  it('goes along from segment to segment, until one has a better of its own', async () => {
    await begin(1);
    save(1, [2, 4, 6, 8], 4);
    await begin(2);
    rmSync(folder(1), { recursive: true });
    save(2, [9, 10, 11]);
    const first = await findBestCheckpoint(segments, 2);
    expect(first).toMatchObject({
      entry: { step: 4, best: true },
      file: join(checkpoints(2), 'best/step-00000004.safetensors'),
    });
    expect(stepOf(first!.file)).toBe(4);
    save(2, [12], 12);
    expect(await findBestCheckpoint(segments, 2)).toMatchObject({ entry: { step: 12 } });
    expect(readdirSync(checkpoints(2)).toSorted()).toEqual([
      'latest.json',
      'step-00000011.safetensors',
      'step-00000012.safetensors',
    ]);
  });

  it("a zombie's is none", async () => {
    await begin(1);
    save(1, [2, 4], 2);
    await begin(2);
    save(1, [6], 6);
    expect(await findBestCheckpoint(segments, 2)).toMatchObject({ entry: { step: 2 } });
  });

  it('of none marked, or a torn one, there is none', async () => {
    expect(await findBestCheckpoint(segments, 1)).toBe(null);
    await begin(1);
    save(1, [2, 4]);
    expect(await findBestCheckpoint(segments, 1)).toBe(null);
    save(1, [6], 6);
    writeFileSync(join(checkpoints(1), 'step-00000006.safetensors'), 'torn');
    expect(await findBestCheckpoint(segments, 1)).toBe(null);
    renameSync(folder(1), `${folder(1)}-gone`);
    expect(await findBestCheckpoint(segments, 1)).toBe(null);
  });
});
