import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withNodeOptions } from '../../../workers/agent/command.ts';

const modules = { signals: 'file:///s.js', preload: 'file:///p.js', typescript: 'file:///t.js', tsx: 'file:///tsx.js' };
const imports = (...urls: string[]): string[] => urls.flatMap((url) => ['--import', url]);

let directory: string;
const project = (name: string, files: Record<string, string>): string => {
  mkdirSync(join(directory, name), { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(directory, name, file), content);
  return join(directory, name);
};
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'command-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ours = [modules.signals, modules.preload, modules.typescript];
const tsx = [modules.signals, modules.preload, modules.tsx];

test('an ES module in TypeScript runs in our own Node, handlers first, loader last', () => {
  const folder = project('esm', { 'package.json': '{"type": "module"}', 'tsconfig.json': '{"compilerOptions": {}}' });
  const expected = [process.execPath, ...imports(...ours), 'train.ts', '--lr=1'];
  expect(withNodeOptions(['node', 'train.ts', '--lr=1'], folder, modules)).toEqual(expected);
  expect(withNodeOptions(['node', join(folder, 'train.ts'), '--lr=1'], '/', modules).slice(1, -2)).toEqual(
    imports(...ours),
  );
  expect(withNodeOptions(['node', 'train.mts'], project('plain', {}), modules)).toContain(modules.typescript);
});

test('whatever else may be in TypeScript is left to tsx', () => {
  const cases = [
    [project('cjs', { 'package.json': '{}' }), 'train.ts'],
    [project('none', {}), 'train.ts'],
    [project('esm', {}), 'train.cts'],
    [
      project('paths', { 'package.json': '{"type": "module"}', 'tsconfig.json': '{"paths": {"~/*": ["./*"]}}' }),
      'a.ts',
    ],
  ] as const;
  for (const [folder, program] of cases) {
    expect(withNodeOptions(['node', program], folder, modules)).toEqual([
      process.execPath,
      ...imports(...tsx),
      program,
    ]);
  }
});

test('plain JavaScript needs neither loader nor preload', () => {
  const expected = [process.execPath, ...imports(modules.signals), 'train.mjs'];
  expect(withNodeOptions(['node', 'train.mjs'], directory, modules)).toEqual(expected);
});

test("a command of the user's keeps its own node, and what stands before it", () => {
  const expected = ['/usr/bin/env', 'node', ...imports(modules.signals), 'train.mjs'];
  expect(withNodeOptions(['/usr/bin/env', 'node', 'train.mjs'], directory, modules)).toEqual(expected);
  expect(withNodeOptions(['/opt/node/bin/node', 'a.mts'], directory, modules)[0]).toBe('/opt/node/bin/node');
});

test('other programs stay as they are', () => {
  const command = ['python3', 'train.py', '--lr=1'];
  expect(withNodeOptions(command, directory, modules)).toEqual(command);
});
