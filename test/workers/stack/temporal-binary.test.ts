import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { findTemporal, isAtLeast } from '../../../workers/stack/temporal-binary.ts';

let root: string;
let tools: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'temporal-'));
  tools = join(root, 'tools');
});

function fake(file: string, output: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho '${output}'\n`);
  chmodSync(file, 0o755);
  return file;
}

const said = (version: string) => `temporal version ${version} (Server 1.32.0, UI 2.54.1)`;
const path = () => join(root, 'bin');
const download = async () => null;

test('the one on PATH is taken when it is new enough', async () => {
  fake(join(tools, 'bin', 'temporal'), said('1.9.1'));
  const file = fake(join(path(), 'temporal'), said('1.6.0'));
  expect(await findTemporal({ path: path(), tools, download })).toEqual({ path: file, version: '1.6.0' });
});

test('an old or foreign program on PATH gives way to the one of set-up', async () => {
  const own = fake(join(tools, 'bin', 'temporal'), said('1.9.1'));
  for (const output of [said('1.5.9'), 'no such thing']) {
    fake(join(path(), 'temporal'), output);
    expect(await findTemporal({ path: path(), tools, download })).toEqual({ path: own, version: '1.9.1' });
  }
});

test("the SDK's download is the last resort", async () => {
  const file = fake(join(root, 'sdk', 'temporal'), said('1.8.0'));
  const found = await findTemporal({ path: path(), tools, download: async () => file });
  expect(found).toEqual({ path: file, version: '1.8.0' });
});

test('none at all is an error that says how to get one', async () => {
  const failing = () => Promise.reject(new Error('no network'));
  await expect(findTemporal({ path: path(), tools, download: failing })).rejects.toThrow(
    /none on PATH.*Run `node scripts\/setup\.mjs`, or put temporal >= 1\.6\.0 on PATH/,
  );
  fake(join(path(), 'temporal'), said('1.2.0'));
  await expect(findTemporal({ path: path(), tools, download })).rejects.toThrow(/is 1\.2\.0, older than 1\.6\.0/);
});

test('versions are ordered as numbers', () => {
  const version = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30));
  fc.assert(
    fc.property(version, version, (a, b) => {
      const difference = a.map((part, index) => part - (b[index] ?? 0)).find((value) => value !== 0) ?? 0;
      expect(isAtLeast(a.join('.'), b.join('.'))).toBe(difference >= 0);
      expect(isAtLeast(`${a.join('.')}-rc.1`, a.join('.'))).toBe(true);
    }),
  );
});
