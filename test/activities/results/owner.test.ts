import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimDirectory } from '../../../activities/results/owner.ts';

const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run-1' };
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'owner-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('claims, and claims again', async () => {
  const deep = join(root, 'not', 'yet');
  expect(await claimDirectory(deep, identity)).toEqual({ ok: true, directory: join(deep, 'lr'), created: true });
  expect(await claimDirectory(deep, identity)).toEqual({ ok: true, directory: join(deep, 'lr'), created: false });
  expect((await stat(join(deep, 'lr'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(deep, 'lr', 'owner.json'))).mode & 0o777).toBe(0o600);
  expect(await readdir(join(deep, 'lr'))).toEqual(['owner.json']);
  expect(JSON.parse(await readFile(join(deep, 'lr', 'owner.json'), 'utf8'))).toMatchObject({ version: 1, ...identity });
});

test.each([{ firstRunId: 'run-2' }, { namespace: 'other' }])(
  'another identity (%o) is told whose it is',
  async (other) => {
    await claimDirectory(root, identity);
    const before = await readFile(join(root, 'lr', 'owner.json'), 'utf8');
    const result = await claimDirectory(root, { ...identity, ...other });
    expect(result).toMatchObject({ ok: false, kind: 'taken' });
    const message = result.ok ? '' : result.message;
    expect(message).toContain('sweep lr, namespace default, first run run-1');
    expect(message).toContain(`mv ${join(root, 'lr')} ${join(root, 'lr')}.old`);
    expect(await readFile(join(root, 'lr', 'owner.json'), 'utf8')).toBe(before);
  },
);

test('of many at once exactly one identity wins', async () => {
  const claims = Array.from({ length: 20 }, (_, index) =>
    claimDirectory(root, { ...identity, firstRunId: `run-${index % 4}` }),
  );
  const results = await Promise.all(claims);
  const winner = (JSON.parse(await readFile(join(root, 'lr', 'owner.json'), 'utf8')) as { firstRunId: string })
    .firstRunId;
  expect(results.map((result) => result.ok)).toEqual(results.map((_, index) => `run-${index % 4}` === winner));
  expect(results.filter((result) => result.ok && result.created)).toHaveLength(1);
  expect(await readdir(join(root, 'lr'))).toEqual(['owner.json']);
});

test("a directory that is no sweep's is left alone, an abandoned claim is taken over", async () => {
  await mkdir(join(root, 'lr'));
  await writeFile(join(root, 'lr', 'owner.json.0123'), 'torn');
  expect(await claimDirectory(root, identity)).toMatchObject({ ok: true, created: true });
  await mkdir(join(root, 'thesis'));
  await writeFile(join(root, 'thesis', 'chapter.tex'), '');
  const result = await claimDirectory(root, { ...identity, sweepId: 'thesis' });
  expect(result).toMatchObject({
    ok: false,
    kind: 'taken',
    message: expect.stringContaining('holds chapter.tex but no owner.json') as string,
  });
  expect(await readdir(join(root, 'thesis'))).toEqual(['chapter.tex']);
});

test('an owner.json that is not JSON is nobody’s', async () => {
  await mkdir(join(root, 'lr'));
  await writeFile(join(root, 'lr', 'owner.json'), '{"vers');
  expect(await claimDirectory(root, identity)).toMatchObject({ ok: false, kind: 'taken' });
});

test.each(['../x', '.watch', '', 'a/b', 'a'.repeat(200)])('the id %j names no directory', async (sweepId) => {
  expect(await claimDirectory(root, { ...identity, sweepId })).toMatchObject({ ok: false, kind: 'unusable' });
  expect(await readdir(root)).toEqual([]);
});

test('what the operating system says is passed on', async () => {
  await writeFile(join(root, 'file'), '');
  const result = await claimDirectory(join(root, 'file'), identity);
  expect(result).toMatchObject({
    ok: false,
    kind: 'unusable',
    message: expect.stringMatching(/cannot be used: E(NOTDIR|EXIST)/) as string,
  });
});

test.skipIf(process.getuid?.() === 0)('a directory that may not be written', async () => {
  await claimDirectory(root, identity);
  await chmod(join(root, 'lr'), 0o500);
  const result = await claimDirectory(root, identity);
  await chmod(join(root, 'lr'), 0o700);
  expect(result).toMatchObject({ ok: false, kind: 'unusable', message: expect.stringContaining('EACCES') as string });
});
