import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findResumePoint } from '../../trainer/restore.ts';
import { BATCHES, checkpointPath, contentOf, createSegments, pointOf, writeSegment } from './support/segments.ts';

let segments: string;
beforeEach(() => {
  segments = createSegments();
});
afterEach(() => rmSync(segments, { recursive: true, force: true }));

const corrupt = (segment: number, step: number): void => writeFileSync(checkpointPath(segments, segment, step), 'torn');

describe('findResumePoint', () => {
  it('nothing was ever granted, or nothing ever written: from scratch', async () => {
    expect(await findResumePoint(segments, 0)).toEqual({ point: null, warnings: [] });
    expect(await findResumePoint(segments, 3)).toEqual({ point: null, warnings: [] });
    expect(await findResumePoint(join(segments, 'absent'), 1)).toEqual({ point: null, warnings: [] });
  });

  it('takes the newest checkpoint of the newest granted segment', async () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4, 8, 10] });
    expect(await findResumePoint(segments, 1)).toEqual({ point: pointOf(segments, 1, 10), warnings: [] });
  });

  it('a torn one falls back to the one before, loudly', async () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4, 8, 10] });
    truncateSync(checkpointPath(segments, 1, 10), 3);
    const { point, warnings } = await findResumePoint(segments, 1);
    expect(point).toEqual(pointOf(segments, 1, 8));
    expect(warnings).toEqual([expect.stringMatching(/segment 1, step 10 is unusable: .*3 bytes instead of 18/)]);
  });

  it('same size, other bytes: the hash finds it', async () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4] });
    writeFileSync(checkpointPath(segments, 1, 4), contentOf(2, 4));
    expect(await findResumePoint(segments, 1)).toEqual({
      point: null,
      warnings: [expect.stringMatching(/another sha256/)],
    });
  });

  it('a segment without a checkpoint of its own: exactly the one its resume.json names, not the newer one of a zombie', async () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4, 8] });
    writeSegment(segments, 2, { resume: { segment: 1, step: 4 } });
    expect(await findResumePoint(segments, 2)).toEqual({ point: pointOf(segments, 1, 4), warnings: [] });
  });

  it('from scratch stays from scratch, whatever an older segment wrote', async () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4, 8] });
    writeSegment(segments, 2, { resume: null });
    expect(await findResumePoint(segments, 2)).toEqual({ point: null, warnings: [] });
  });

  it('the named one is torn: down the chain, older than it only', async () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4] });
    writeSegment(segments, 2, { resume: { segment: 1, step: 4 }, checkpoints: [8, 10] });
    writeSegment(segments, 3, { resume: { segment: 2, step: 8 } });
    corrupt(2, 8);
    const { point, warnings } = await findResumePoint(segments, 3);
    expect(point).toEqual(pointOf(segments, 1, 4));
    expect(warnings).toHaveLength(1);
  });

  it('a granted segment whose directory never came to be: the one below', async () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4] });
    expect((await findResumePoint(segments, 3)).point).toEqual(pointOf(segments, 1, 4));
    mkdirSync(join(segments, '2'));
    expect((await findResumePoint(segments, 3)).point).toEqual(pointOf(segments, 1, 4));
  });

  it('survives a moved directory and does not follow a path out of it', async () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4] });
    writeSegment(segments, 2, { resume: { segment: 1, step: 4 } });
    const moved = `${segments}-moved`;
    renameSync(segments, moved);
    segments = moved;
    expect((await findResumePoint(segments, 2)).point).toEqual(pointOf(segments, 1, 4));
  });

  it.each(['{', '[]', '{"segment":2,"step":1,"epoch":0,"batch":1,"file":"x","sha256":"y"}'])(
    'a torn resume.json (%s) or latest.json is told, and passed over',
    async (text) => {
      writeSegment(segments, 1, { resume: null, checkpoints: [4] });
      writeSegment(segments, 2, { resume: { segment: 1, step: 4 }, checkpoints: [8] });
      writeFileSync(join(segments, '2/resume.json'), text);
      writeFileSync(join(segments, '2/checkpoints/latest.json'), text);
      const { point, warnings } = await findResumePoint(segments, 2);
      expect(point).toEqual(pointOf(segments, 1, 4));
      expect(warnings).toHaveLength(2);
    },
  );

  it('property: whatever is torn, the point is intact and lies on the chain', async () => {
    const history = fc.array(
      fc.record({
        trained: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
        torn: fc.boolean(),
        zombie: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(history, async (parts) => {
        const own = createSegments();
        const allowed = new Map<number, number>();
        let number = 0;
        let begin: { segment: number; step: number } | null = null;
        for (const { trained, torn, zombie } of parts) {
          number += 1;
          let step = begin?.step ?? 0;
          const steps = trained.map((batches) => (step += batches));
          writeSegment(own, number, { resume: begin, checkpoints: steps });
          if (torn && steps.length > 0) writeFileSync(checkpointPath(own, number, steps.at(-1)!), 'torn');
          const { point } = await findResumePoint(own, number);
          begin = point === null ? null : { segment: point.segment, step: point.step };
          if (begin !== null) allowed.set(begin.segment, begin.step);
          if (point !== null) expect(readFileSync(point.file)).toEqual(contentOf(point.segment, point.step));
          // Its successor has begun; what it writes now must never be found again.
          if (zombie) {
            writeSegment(own, number + 1, { resume: begin });
            number += 1;
            writeSegment(own, number - 1, { checkpoints: [step + 100 * BATCHES] });
            expect((await findResumePoint(own, number)).point).toEqual(point);
          }
        }
        rmSync(own, { recursive: true, force: true });
      }),
      { numRuns: 40 },
    );
  });
});
