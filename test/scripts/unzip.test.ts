import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { scratch } from './fakes.ts';
import { unzip } from './modules.ts';
import { zipOf } from './zip.ts';

let directory: string;
beforeEach(() => {
  directory = scratch();
});

test('every entry comes out as it went in', async () => {
  const names = fc.stringMatching(/^[a-zä]{1,12}(\/[a-z]{1,8})?$/);
  const contents = fc.uint8Array({ maxLength: 5_000 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, contents, { minKeys: 1, maxKeys: 6 }), async (files) => {
      const zip = join(directory, 'a.zip');
      writeFileSync(zip, zipOf(files));
      const entries = await unzip.readDirectory(zip);
      expect([...entries.keys()].sort()).toEqual(Object.keys(files).sort());
      for (const [name, content] of Object.entries(files)) {
        await unzip.extract(zip, entries, name, join(directory, 'out'));
        expect(readFileSync(join(directory, 'out'))).toEqual(content);
      }
    }),
    { numRuns: 40 },
  );
});

test('a program keeps its mode', async () => {
  const zip = join(directory, 'a.zip');
  writeFileSync(zip, zipOf({ program: Buffer.from('#!/bin/sh\n') }));
  await unzip.extract(zip, await unzip.readDirectory(zip), 'program', join(directory, 'bin', 'program'), 0o755);
  expect(statSync(join(directory, 'bin', 'program')).mode & 0o777).toBe(0o755);
});

test('one damaged byte is noticed, and neither the target nor its unfinished copy is left', async () => {
  const zip = join(directory, 'a.zip');
  const bytes = zipOf({ first: Buffer.from('x'), stored: Buffer.from('a stored entry') });
  const at = bytes.indexOf('a stored entry');
  bytes[at] = 'b'.charCodeAt(0);
  writeFileSync(zip, bytes);
  const target = join(directory, 'out');
  await expect(unzip.extract(zip, await unzip.readDirectory(zip), 'stored', target)).rejects.toThrow(
    /damaged.*checksum/,
  );
  expect([target, `${target}.tmp`].map((file) => existsSync(file))).toEqual([false, false]);
});

test('a file cut short, and an entry that is not there, are errors that say so', async () => {
  const zip = join(directory, 'a.zip');
  const bytes = zipOf({ it: Buffer.from('content') });
  writeFileSync(zip, bytes);
  await expect(unzip.extract(zip, await unzip.readDirectory(zip), 'other', join(directory, 'o'))).rejects.toThrow(
    'holds no other',
  );
  writeFileSync(zip, bytes.subarray(0, -10));
  await expect(unzip.readDirectory(zip)).rejects.toThrow('not a whole zip file');
});
