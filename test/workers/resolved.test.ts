import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sweepLayout } from '../../activities/layout.ts';
import { readSweep } from '../../activities/sweep-config/read.ts';
import { readResolved } from '../../workers/resolved.ts';

const root = mkdtempSync(join(tmpdir(), 'resolved-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('P12: a sweep.json of a release without samplers and conditions is read as one that uses none', async () => {
  const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run-1' };
  const file = join(root, 'sweep.yaml');
  writeFileSync(file, 'command: [train]\nmethod: random\nparameters: { a: { value: 1 } }\n', { mode: 0o600 });
  const read = readSweep(file, { identity, baseDirectory: root, allowInline: false });
  if (!read.ok) throw new Error(read.problems.map(({ text }) => text).join('\n'));
  const { metrics: _, earlyTerminate: __, conditions: ___, temporal, ...earlier } = read.sweep;
  const { sampler: ____, ...options } = temporal;
  const path = sweepLayout(root, 'lr').resolved;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ ...earlier, temporal: options }));
  expect(JSON.parse(readFileSync(path, 'utf8'))).not.toHaveProperty('conditions');
  expect(await readResolved(root, identity)).toEqual(read.sweep);
});
