/** What lint cannot see: `**` has other bits in other versions of Node, so a replay would drift. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as door from '../../workflows/index.ts';

const folder = fileURLToPath(new URL('../../workflows/', import.meta.url));

test('no power operator in the sandbox', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(5);
  for (const name of files) {
    const code = readFileSync(`${folder}${name}`, 'utf8').replaceAll(/\/\*[^]*?\*\/|\/\/.*|`[^`]*`|'[^']*'/g, '');
    expect(code, name).not.toMatch(/\*\*/);
  }
});

test('every function behind the door becomes a workflow type: exactly two', () => {
  const functions = Object.entries(door).filter(([, value]) => typeof value === 'function');
  expect(functions.map(([name]) => name).toSorted()).toEqual(['sweep', 'trial']);
});
