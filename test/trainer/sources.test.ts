/** P5: a script is what it imports, too. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf, relativeImports, sourcesOf } from '../../trainer/sources.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sources-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(files: Readonly<Record<string, string>>, below = 'a'): string {
  mkdirSync(join(directory, below, 'lib'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, below, name), text);
  return join(directory, below, 'train.ts');
}
const FILES = {
  'train.ts': "import './data.js';\nimport 'tfjs';\nrequire('./lib');",
  'data.ts': "import './train.ts';",
  'lib/index.ts': '1',
  'unused.ts': '2',
};

test('relative imports are followed, each file once; packages and what nobody imports are not', () => {
  const names = sourcesOf(write(FILES)).map(({ path }) => path.slice(directory.length + 3));
  expect(names).toEqual(['train.ts', 'data.ts', 'lib/index.ts']);
  expect(sourcesOf(join(directory, 'a/train.ts'), 2)).toHaveLength(2);
});

test('the digest changes with any of them, and not with the place', () => {
  const digest = (files: Readonly<Record<string, string>>, below?: string): string =>
    digestOf(sourcesOf(write(files, below)));
  const before = digest(FILES);
  expect(before).toMatch(/^[0-9a-f]{16}$/);
  expect(digest(FILES, 'b')).toBe(before);
  expect(digest({ ...FILES, 'unused.ts': '3' })).toBe(before);
  expect(digest({ ...FILES, 'lib/index.ts': '3' })).not.toBe(before);
  expect(digestOf(sourcesOf(join(directory, 'nowhere.ts')))).toBe('none');
});

test('files that a script imports by a relative path', () => {
  const source =
    "import a from './a.ts';\nimport 'x';\nimport '../b.js';\nexport * from './a.ts';\nawait import('./c.mjs'); // import './d.ts'";
  expect(relativeImports(source)).toEqual(['./a.ts', '../b.js', './c.mjs']);
});
