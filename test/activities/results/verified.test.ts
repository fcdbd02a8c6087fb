import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifiedDirectory } from '../../../activities/layout.ts';
import { findVerified, type VerifiedRecord, writeVerified } from '../../../activities/results/verified.ts';

const environment = { program: 'ab', package: '1.0.0', libtensorflow: '2.21.0', intraOp: '1', cpu: 'login' };
const exact: VerifiedRecord = {
  ...{ version: 1, verdict: 'exact', interruptions: 20, difference: null, program: 'train.ts', arguments: [] },
  ...{ strikeSeed: 1, environment, endedAt: Date.UTC(2026, 0, 31) },
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'verified-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('the same script under the same conditions is exact, on another CPU too', async () => {
  await writeVerified(root, exact);
  expect(await findVerified(root, environment)).toBe('exact (20 interruptions, 2026-01-31)');
  expect(await findVerified(root, { ...environment, cpu: 'node' })).toBe('exact (20 interruptions, 2026-01-31)');
  expect(statSync(verifiedDirectory(root)).mode & 0o777).toBe(0o700);
});

test.each(['program', 'package', 'libtensorflow', 'intraOp'])('another %s is not verified', async (name) => {
  await writeVerified(root, exact);
  expect(await findVerified(root, { ...environment, [name]: 'other' })).toBe('not verified');
});

test('the later verdict stands; P14 its text is one short line', async () => {
  await writeVerified(root, exact);
  await writeVerified(root, { ...exact, verdict: 'different', difference: `row\n\u001B[2J ${'x'.repeat(900)}` });
  expect(readdirSync(verifiedDirectory(root))).toHaveLength(1);
  const text = await findVerified(root, environment);
  expect(text).toMatch(/^not exact: row \[2J x+$/);
  expect(text).toHaveLength(200);
});

test('no environment, no record, or a torn one: not verified', async () => {
  expect(await findVerified(root, null)).toBe('not verified');
  expect(await findVerified(root, environment)).toBe('not verified');
  writeFileSync(await writeVerified(root, exact), '{"version":');
  expect(await findVerified(root, environment)).toBe('not verified');
});
