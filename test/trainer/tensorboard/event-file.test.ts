/** Whatever was in the file before, and however often it is written: each event once, in order. */
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendEvent, eventFile, writeEvents } from '../../../trainer/tensorboard/event-file.ts';
import { FILE_VERSION, scalars, withoutTime } from '../../../trainer/tensorboard/events.ts';
import { readRecords } from '../../../trainer/tensorboard/records.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'events-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let runs = 0;
const fresh = (): string => eventFile(join(directory, String(++runs)));
const event = (step: number, value = step) => scalars(step, [['epoch/loss', value]]);
const events = (count: number) => Array.from({ length: count }, (_, index) => event(index + 1));
const bodies = (path: string) => readRecords(readFileSync(path)).map(withoutTime);
const times = (path: string) => readRecords(readFileSync(path)).map((record) => record.readDoubleLE(1));

/** What may happen to a file between two segments. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: fc.constant('tear' as const), count: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ kind: fc.constant('garbage' as const), count: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ kind: fc.constant('other' as const), count: fc.integer({ min: 1, max: 8 }) }),
);

describe('an event file', () => {
  it('holds exactly what it should, after any history', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 8 }),
        fc.integer({ min: 1, max: 8 }),
        async (history, count) => {
          const path = fresh();
          for (const { kind, count: size } of history) {
            if (kind === 'write') await writeEvents(path, events(size));
            else if (kind === 'append') appendEvent(path, event(size));
            else if (kind === 'other') await writeEvents(path, [event(1), event(size, -1)]);
            else if (existsSync(path)) {
              if (kind === 'tear') truncateSync(path, Math.max(0, statSync(path).size - size));
              else appendFileSync(path, Buffer.alloc(size, 7));
            }
          }
          await writeEvents(path, events(count));
          expect(bodies(path)).toEqual([FILE_VERSION, ...events(count)]);
          expect(readdirSync(join(path, '..'))).toEqual(['events.out.tfevents.view']);
        },
      ),
      { numRuns: 60 },
    ));

  it('keeps wall times and grows in place, which a running TensorBoard follows', async () => {
    const path = fresh();
    await writeEvents(path, events(2));
    const before = readFileSync(path);
    const { ino } = statSync(path);
    await writeEvents(path, events(3));
    appendEvent(path, event(4));
    expect(readFileSync(path).subarray(0, before.byteLength)).toEqual(before);
    expect(statSync(path).ino).toBe(ino);
    expect(bodies(path)).toEqual([FILE_VERSION, ...events(4)]);
    const whole = readFileSync(path);
    await writeEvents(path, events(4));
    expect(readFileSync(path)).toEqual(whole);
  });

  it('of which the end is torn keeps the wall times before', async () => {
    const path = fresh();
    await writeEvents(path, events(3));
    const old = times(path);
    truncateSync(path, statSync(path).size - 1);
    await new Promise((done) => setTimeout(done, 2));
    await writeEvents(path, events(3));
    expect(times(path).slice(0, 3)).toEqual(old.slice(0, 3));
    expect(times(path)[3]).toBeGreaterThan(old[3]!);
  });

  it('is not made for nothing; what no longer counts goes', async () => {
    const path = fresh();
    await writeEvents(path, []);
    expect(existsSync(join(path, '..'))).toBe(false);
    await writeEvents(path, events(2));
    await writeEvents(path, []);
    expect(bodies(path)).toEqual([FILE_VERSION]);
  });

  it('that cannot be written throws and is what it was', async () => {
    const path = join(directory, 'file', 'events');
    writeFileSync(join(directory, 'file'), 'no directory');
    await expect(writeEvents(path, events(1))).rejects.toThrow(/ENOTDIR|EEXIST/);
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('no directory');
  });
});
