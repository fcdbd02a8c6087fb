import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fake, scratch } from './fakes.ts';
import { build, lock, nodePackages, packages, slurm, temporal, versions } from './modules.ts';

let directory: string;
beforeEach(() => {
  directory = scratch();
});
afterEach(() => vi.unstubAllEnvs());

describe('Node packages', () => {
  const entry = (version: string, more: object = {}) => ({ version, integrity: `sha512-${version}`, ...more });
  const locked = {
    packages: { '': {}, 'node_modules/a': entry('1.0.0'), 'node_modules/b': entry('2.0.0', { optional: true }) },
  };

  test.each([
    ['all there', { 'node_modules/a': entry('1.0.0'), 'node_modules/b': entry('2.0.0') }, null],
    ['an optional one left out for another platform', { 'node_modules/a': entry('1.0.0') }, null],
    ['one missing', { 'node_modules/b': entry('2.0.0') }, 'node_modules/a is missing'],
    ['another version', { 'node_modules/a': entry('1.0.1') }, 'node_modules/a is 1.0.1 instead of 1.0.0'],
    [
      'one too many',
      { 'node_modules/a': entry('1.0.0'), 'node_modules/c': entry('1.0.0') },
      'node_modules/c is not in package-lock.json',
    ],
  ])('%s', (_case, installed, expected) => {
    expect(nodePackages.difference(locked, { packages: installed })).toBe(expected);
  });

  test('an installation without a record is unfinished', () => {
    expect(nodePackages.difference(locked, null)).toMatch(/absent or unfinished/);
  });
});

describe('the lock', () => {
  test('lets one set-up run at a time', async () => {
    let inside = 0;
    const work = async (): Promise<number> => {
      const now = ++inside;
      await sleep(30);
      inside--;
      return now;
    };
    expect(await Promise.all([1, 2, 3].map(() => lock.withLock(directory, work)))).toEqual([1, 1, 1]);
    expect(existsSync(join(directory, 'setup.lock'))).toBe(false);
  });

  test('of a dead process is taken over, and released after an error', async () => {
    writeFileSync(join(directory, 'setup.lock'), `${2 ** 22 + 1}\n`);
    await expect(lock.withLock(directory, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await lock.withLock(directory, async () => 'again')).toBe('again');
  });
});

describe('the Temporal CLI', () => {
  test('on PATH is used when it is new enough', async () => {
    const file = fake(join(directory, 'bin', 'temporal'), 'echo "temporal version 1.6.1 (Server 1.30.0)"');
    vi.stubEnv('PATH', `${join(directory, 'bin')}:/bin`);
    expect(await temporal.temporalCli(join(directory, 'tools'))).toEqual({ did: '1.6.1 on PATH', path: file });
  });

  test('that cannot be had is told with what to do, and nothing fails', async () => {
    fake(join(directory, 'bin', 'temporal'), 'echo "temporal version 1.2.0 (Server 1.25.0)"');
    fake(join(directory, 'bin', 'python3'), '[ "$3" = --version ] && exit 0; echo "no route to host"; exit 1');
    vi.stubEnv('PATH', `${join(directory, 'bin')}:/usr/bin:/bin`);
    const { did, path } = await temporal.temporalCli(join(directory, 'tools'));
    expect(path).toBeNull();
    expect(did).toMatch(
      /is 1\.2\.0, older than 1\.6\.0; none: [\s\S]*no route to host[\s\S]*Mend: put Temporal CLI >= 1\.6\.0/,
    );
  });
});

describe('system packages', () => {
  test('are not installed against the will of the user', async () => {
    vi.stubEnv('TEMPORAL_SWEEP_NO_INSTALL', '1');
    const allowed = packages.mayInstall();
    if (allowed.ok) throw new Error('the variable was not heeded');
    if (existsSync('/etc/debian_version')) {
      expect(allowed.why).toBe('TEMPORAL_SWEEP_NO_INSTALL is set');
      expect(allowed.how('g++')).toBe('run: sudo apt-get install --no-install-recommends g++');
    }
  });

  test('SLURM is not asked for when it is not wanted', async () => {
    expect(await slurm.slurm({ wanted: false })).toEqual({
      did: 'not wanted; the local scheduler stands in for it',
      slurm: false,
    });
  });
});

test('versions are compared as numbers', () => {
  expect(versions.atLeast('1.10.0', '1.9.1')).toBe(true);
  expect(versions.atLeast('1.5.99', '1.6.0')).toBe(false);
  expect(versions.atLeast('1.6.0-rc.1', '1.6.0')).toBe(true);
});

test(
  'the build runs when a source changed, and removes what was compiled from a vanished one',
  { timeout: 60_000 },
  async () => {
    const source = (name: string) => join(directory, 'workers', name);
    mkdirSync(join(directory, 'workers'));
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(directory, 'node_modules'));
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      outDir: 'dist',
      rootDir: '.',
      declaration: true,
      types: [],
    };
    writeFileSync(join(directory, 'tsconfig.build.json'), JSON.stringify({ compilerOptions, include: ['workers'] }));
    for (const name of ['a', 'b', 'agent', 'report-end', 'probe'])
      writeFileSync(source(`${name}.ts`), `export const ${name === 'report-end' ? 'end' : name}: number = 1;\n`);

    expect((await build.build(directory)).did).toMatch(/^dist\/ compiled/);
    expect(readFileSync(join(directory, 'dist/workers/bundled/agent.js'), 'utf8')).toContain('agent = 1');
    expect((await build.build(directory)).did).toBe('dist/ is up to date');
    rmSync(source('b.ts'));
    writeFileSync(source('a.ts'), 'export const a: number = 2;\n');
    utimesSync(source('a.ts'), new Date(), new Date(Date.now() + 5_000));
    expect((await build.build(directory)).did).toMatch(/^dist\/ compiled/);
    expect(readFileSync(join(directory, 'dist/workers/a.js'), 'utf8')).toContain('a = 2');
    expect(existsSync(join(directory, 'dist/workers/b.js'))).toBe(false);

    writeFileSync(source('a.ts'), 'export const a: number = "two";\n');
    await expect(build.build(directory)).rejects.toThrow(/workers\/a\.ts.*not assignable/);
  },
);
