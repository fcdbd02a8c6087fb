import { expect, test } from 'vitest';
import { findSuspects } from '../../../workers/verify/suspects.ts';

const found = (source: string): string[] =>
  findSuspects('a.ts', source).map(({ kind, what, line }) => `${line} ${kind} ${what}`);

test('clocks and random numbers, by line, and not in comments', () => {
  const source = [
    '// Date.now() is not used here',
    '/* nor is',
    '   performance.now() */',
    'const at = Date.now(); // see https://example.org',
    '  seed: crypto.randomUUID(),',
    '  new Date()',
    '  new Date(2024, 1)',
  ].join('\n');
  expect(found(source)).toEqual(['4 clock Date.now()', '5 randomness randomUUID', '6 clock new Date()']);
});

test('Math.random is suspect only where a script is loaded', () => {
  expect(found('const noise = Math.random();\nfunction f() {\n  const x = Math.random();\n}')).toEqual([
    '1 loading Math.random()',
  ]);
});

test('state outside of functions', () => {
  expect(
    found('let seen = 0;\n  let inner = 1;\nexport const cache = new Map<string, number>();\nconst rate = 0.1;'),
  ).toEqual(['1 state let seen', '3 state const cache']);
});
