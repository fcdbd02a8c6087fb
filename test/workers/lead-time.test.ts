import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { trialLayout } from '../../activities/layout.ts';
import { secondsNeeded } from '../../trainer/leave.ts';
import { fitLead, readPace, secondsFor, writePace } from '../../workers/lead-time.ts';

describe('the lead time', () => {
  test('is a minute as long as nothing is known, or little is needed', () => {
    expect(fitLead(null)).toBe(60);
    expect(fitLead({ batchSeconds: 0.1, writeSeconds: 0.05 })).toBe(60);
  });

  test('grows with batches and checkpoints, in whole seconds, as far as SLURM can count', () => {
    expect(fitLead({ batchSeconds: 20.1, writeSeconds: 15 })).toBe(81);
    expect(fitLead({ batchSeconds: 100_000, writeSeconds: 1 })).toBe(65_535);
  });

  test('is always enough for what the trainer asks for', () => {
    const seconds = fc.double({ min: 0, max: 10_000, noNaN: true });
    fc.assert(
      fc.property(fc.record({ batchSeconds: seconds, writeSeconds: seconds }), (measured) => {
        expect(secondsFor(measured)).toBeGreaterThan(secondsNeeded(measured));
        expect(fitLead(measured)).toBeGreaterThanOrEqual(secondsFor(measured));
      }),
    );
  });
});

describe('what was measured', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pace-'));
    for (const segment of [2, 9, 10]) mkdirSync(trialLayout(directory).segment(segment).directory, { recursive: true });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('is that of the newest segment that could tell it', async () => {
    await writePace(directory, 2, { batchSeconds: 1, writeSeconds: 2 });
    await writePace(directory, 9, { batchSeconds: 3, writeSeconds: 4 });
    writeFileSync(trialLayout(directory).segment(10).pace, '{"batchSec');
    expect(await readPace(directory)).toEqual({ batchSeconds: 3, writeSeconds: 4 });
  });

  test('is nothing in a trial that has none, and a directory that is gone is no error', async () => {
    expect(await readPace(directory)).toBeNull();
    expect(await readPace(join(directory, 'gone'))).toBeNull();
    await expect(writePace(join(directory, 'gone'), 1, { batchSeconds: 1, writeSeconds: 1 })).resolves.toBeUndefined();
  });
});
