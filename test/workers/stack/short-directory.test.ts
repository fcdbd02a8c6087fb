import { chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { shortDirectory } from '../../../workers/stack/short-directory.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'short-')), 'a folder with blanks', 'and-a-long-name'.repeat(8));
  mkdirSync(directory, { recursive: true });
});

test('the path is short, without blanks, and leads to the directory', () => {
  const short = shortDirectory(directory);
  expect(short.path).toMatch(/^[\w./-]{1,70}$/);
  writeFileSync(join(directory, 'word'), 'hello');
  expect(readFileSync(join(short.path, 'word'), 'utf8')).toBe('hello');
  short.remove();
  expect(lstatSync(dirname(short.path), { throwIfNoEntry: false })).toBeUndefined();
  expect(readFileSync(join(directory, 'word'), 'utf8')).toBe('hello');
});

test('the same directory gets the same path again, another one another', () => {
  const first = shortDirectory(directory);
  expect(shortDirectory(directory).path).toBe(first.path);
  const other = shortDirectory(dirname(directory));
  expect(other.path).not.toBe(first.path);
  for (const short of [first, other]) short.remove();
});

test('a temporary folder that is itself unfit is not used', () => {
  const short = shortDirectory(directory, join(realpathSync(tmpdir()), 'with a blank'));
  expect(short.path).toMatch(/^\/tmp\//);
  short.remove();
});

test.runIf(process.getuid?.() === 0)('a folder that another user made first is refused', () => {
  const short = shortDirectory(directory);
  const holder = dirname(short.path);
  chownSync(holder, 65_534, 65_534);
  expect(() => shortDirectory(directory)).toThrow(/belongs to another user \(uid 65534\).*TMPDIR/);
  short.remove();
});
