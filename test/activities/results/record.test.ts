import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTrials } from '../../../activities/results/read-trials.ts';
import { appendAt, appendTrials, trialLine } from '../../../activities/results/record.ts';
import { trial } from './trial.ts';

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'record-'));
  file = join(directory, 'trials.jsonl');
});
afterAll(() => rm(directory, { recursive: true, force: true }));
const content = () => readFile(file, 'utf8');
const fresh = () => rm(file, { force: true });

test('one line per trial, in this order of keys', () => {
  expect(trialLine(trial(3, { metrics: { loss: 'NaN' }, interruptions: ['limit'] }))).toBe(
    '{"number":3,"state":"complete","hyperparameters":{"lr":0.5},"objective":0.25,"metrics":{"loss":"NaN"},' +
      '"epoch":20,"step":200,"segments":2,"resumes":1,"interruptions":["limit"],"reason":"completed"}',
  );
});

test('a crash at any byte, and then the same call again', async () => {
  const [before, lines] = [
    ['first', 'zweite – ü'],
    ['third', 'fourth'],
  ];
  await fresh();
  const offset = await appendAt(file, 0, before);
  const end = await appendAt(file, offset, lines);
  const whole = await content();
  expect(end).toBe(Buffer.byteLength(whole));
  for (let cut = offset; cut <= end; cut++) {
    await truncate(file, cut);
    expect(await appendAt(file, offset, lines)).toBe(end);
    expect(await content()).toBe(whole);
  }
});

test('a torn write of other bytes is replaced', async () => {
  for (const torn of ['x', 'third\nfif', '\0\0\0\0', 'another line that is much longer than what comes\n']) {
    await writeFile(file, `first\n${torn}`);
    expect(await appendAt(file, 6, ['third', 'fourth'])).toBe(19);
    expect(await content()).toBe('first\nthird\nfourth\n');
  }
});

test('a late, repeated call takes nothing away', async () => {
  await fresh();
  const offset = await appendAt(file, 0, ['a']);
  await appendAt(file, offset, ['b']);
  expect(await appendAt(file, 0, ['a'])).toBe(offset);
  expect(await content()).toBe('a\nb\n');
});

test('any history of repeats and crashes ends in the same file', async () => {
  const batches = fc.array(
    fc.array(
      fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\n')),
      { maxLength: 3 },
    ),
    { maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(batches, fc.infiniteStream(fc.nat(30)), async (history, chance) => {
      await fresh();
      let offset = 0;
      for (const lines of history) {
        let end = await appendAt(file, offset, lines);
        for (let repeats = chance.next().value! % 3; repeats > 0; repeats--) {
          await truncate(file, Math.max(offset, end - chance.next().value!));
          end = await appendAt(file, offset, lines);
        }
        offset = end;
      }
      const wanted = history
        .flat()
        .map((line) => `${line}\n`)
        .join('');
      expect(await content().catch(() => '')).toBe(wanted);
      expect(offset).toBe(Buffer.byteLength(wanted));
    }),
    { numRuns: 25 },
  );
});

test('a file that is shorter than what was recorded is an error', async () => {
  await writeFile(file, 'abc\n');
  await expect(appendAt(file, 5, ['x'])).rejects.toThrow(`${file} has 4 bytes, but 5 were recorded`);
  await expect(appendAt(file, 4, ['x\ny'])).rejects.toThrow('a line may hold no newline');
  expect(await content()).toBe('abc\n');
});

test('trials are read back: all, or the prefix that counts', async () => {
  await fresh();
  expect(await readTrials(file)).toEqual([]);
  const [one, two] = [trial(1), trial(2, { objective: null, state: 'failed' })];
  const offset = await appendTrials(file, 0, [one]);
  await appendTrials(file, offset, [two]);
  await appendFile(file, '{"number":3,"hyper');
  expect(await readTrials(file)).toEqual([one, two]);
  expect(await readTrials(file, offset)).toEqual([one]);
  expect(await readTrials(file, 0)).toEqual([]);
  await expect(readTrials(file, 100_000)).rejects.toThrow('but 100000 were recorded');
});

test('a line that is no trial is named', async () => {
  await writeFile(file, `${trialLine(trial(1))}\nnull\n`);
  await expect(readTrials(file)).rejects.toThrow(`${file}:2 is no line of trials.jsonl: null`);
});
