import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findResumePoint } from '../../trainer/restore.ts';
import { mergeRows } from '../../trainer/rows.ts';
import { BATCHES, createSegments, rowOf, writeSegment } from './support/segments.ts';

let segments: string;
beforeEach(() => {
  segments = createSegments();
});
afterEach(() => rmSync(segments, { recursive: true, force: true }));

describe('mergeRows', () => {
  it('a segment counts up to the step that its successor names', () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4, 8], rows: [1, 2, 3] });
    writeSegment(segments, 2, { resume: { segment: 1, step: 8 }, rows: [3, 4] });
    expect(mergeRows(segments, 2)).toEqual([rowOf(1, 1), rowOf(1, 2), rowOf(2, 3), rowOf(2, 4)]);
    expect(mergeRows(segments, 1)).toEqual([rowOf(1, 1), rowOf(1, 2), rowOf(1, 3)]);
  });

  it('a segment that came to nothing is not on the chain', () => {
    writeSegment(segments, 1, { resume: null, checkpoints: [4], rows: [1] });
    writeSegment(segments, 2, { resume: { segment: 1, step: 4 }, rows: [2] });
    writeSegment(segments, 3, { resume: { segment: 1, step: 4 }, rows: [2, 3] });
    expect(mergeRows(segments, 3)).toEqual([rowOf(1, 1), rowOf(3, 2), rowOf(3, 3)]);
  });

  it('begun again from scratch: nothing older counts', () => {
    writeSegment(segments, 1, { resume: null, rows: [1, 2] });
    writeSegment(segments, 2, { resume: null, rows: [1] });
    expect(mergeRows(segments, 2)).toEqual([rowOf(2, 1)]);
  });

  it('a torn last line is dropped, and so is a line that is no JSON', () => {
    writeSegment(segments, 1, { resume: null, rows: [1] });
    appendFileSync(join(segments, '1/metrics.jsonl'), '{"step":8,\n{"step":8,"epoch":2,"metrics":{"loss":1}}');
    expect(mergeRows(segments, 1)).toEqual([rowOf(1, 1)]);
  });

  it('no segments, no rows', () => {
    expect(mergeRows(segments, 0)).toEqual([]);
    expect(mergeRows(segments, 2)).toEqual([]);
  });

  it('property: however often and wherever it is killed, epochs 1…E stand there once, in order', async () => {
    const kill = fc.record({
      batches: fc.integer({ min: 0, max: 3 * BATCHES }),
      every: fc.integer({ min: 1, max: 5 }),
      late: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(kill, { minLength: 1, maxLength: 6 }), async (kills) => {
        const own = createSegments();
        let number = 0;
        let reached = 0;
        for (const { batches, every, late } of [...kills, { batches: 5 * BATCHES, every: BATCHES, late: 0 }]) {
          const { point } = await findResumePoint(own, number);
          number += 1;
          const begin = point?.step ?? 0;
          reached = begin + batches;
          const steps = Array.from({ length: reached - begin }, (_, index) => begin + index + 1);
          writeSegment(own, number, {
            resume: point,
            checkpoints: steps.filter((step) => step % every === 0 || step % BATCHES === 0),
            // Dies after a row and before its checkpoint, or writes on as a zombie.
            rows: [...steps, ...Array.from({ length: late }, (_, index) => reached + index + 1)]
              .filter((step) => step % BATCHES === 0)
              .map((step) => step / BATCHES),
          });
        }
        const epochs = mergeRows(own, number).map(({ epoch }) => epoch);
        expect(epochs).toEqual(Array.from({ length: Math.floor(reached / BATCHES) }, (_, index) => index + 1));
        rmSync(own, { recursive: true, force: true });
      }),
      { numRuns: 40 },
    );
  });
});
