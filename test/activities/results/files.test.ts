import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { syncDirectory, writeAtomically } from '../../../activities/files.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'files-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('a file is replaced as a whole, readable by its owner alone', async () => {
  const file = join(directory, 'a.json');
  await writeAtomically(file, 'one');
  await writeAtomically(file, new Uint8Array([50]));
  expect(await readFile(file, 'utf8')).toBe('2');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeAtomically(file, 'x', 0o700);
  expect((await stat(file)).mode & 0o777).toBe(0o700);
});

test('writers at once leave one whole file', async () => {
  const file = join(directory, 'b.json');
  const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(texts.map((text) => writeAtomically(file, text)));
  expect(texts).toContain(await readFile(file, 'utf8'));
});

test('a failure leaves nothing behind', async () => {
  mkdirSync(join(directory, 'taken'));
  await expect(writeAtomically(join(directory, 'taken'), 'x')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  await expect(writeAtomically(join(directory, 'none', 'x'), 'x')).rejects.toThrow('ENOENT');
  expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a directory that is not there is told', async () => {
  await expect(syncDirectory(join(directory, 'none'))).rejects.toThrow('ENOENT');
  await expect(syncDirectory(directory)).resolves.toBeUndefined();
});
