import { expect, test } from 'vitest';
import { withNodeOptions } from '../../../workers/agent/command.ts';

const modules = { signals: 'file:///s.js', preload: 'file:///p.js', tsx: 'file:///tsx.js' };
const imports = (...urls: string[]): string[] => urls.flatMap((url) => ['--import', url]);

test('a TypeScript program runs in our own Node, handlers first, loader last', () => {
  expect(withNodeOptions(['node', '/p/train.ts', '--lr=1'], modules)).toEqual([
    process.execPath,
    ...imports(modules.signals, modules.preload, modules.tsx),
    '/p/train.ts',
    '--lr=1',
  ]);
});

test('plain JavaScript needs neither loader nor preload', () => {
  expect(withNodeOptions(['node', 'train.mjs'], modules)).toEqual([
    process.execPath,
    ...imports(modules.signals),
    'train.mjs',
  ]);
});

test("a command of the user's keeps its own node, and what stands before it", () => {
  expect(withNodeOptions(['/usr/bin/env', 'node', 'train.mjs'], modules)).toEqual([
    '/usr/bin/env',
    'node',
    ...imports(modules.signals),
    'train.mjs',
  ]);
  expect(withNodeOptions(['/opt/node/bin/node', 'a.mts'], modules)[0]).toBe('/opt/node/bin/node');
});

test('other programs stay as they are', () => {
  expect(withNodeOptions(['python3', 'train.py', '--lr=1'], modules)).toEqual(['python3', 'train.py', '--lr=1']);
});
