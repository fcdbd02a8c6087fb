/** Python packages to compare with: installed once, and never a reason for tests not to run. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fake, scratch } from './fakes.ts';
import { python } from './modules.ts';

let directory: string;
beforeEach(() => {
  directory = scratch();
});
afterEach(() => vi.unstubAllEnvs());

/** A Python whose venv makes a directory and whose pip says what the test wants. */
function fakePython(pip: string): string {
  const calls = join(directory, 'calls');
  fake(
    join(directory, 'path/python3'),
    `echo "$*" >> ${calls}\ncase "$2" in venv) /bin/mkdir -p "$4" ;; pip) ${pip} ;; esac`,
  );
  vi.stubEnv('PATH', join(directory, 'path'));
  return calls;
}

test('installs once what is pinned, and again what is pinned anew', async () => {
  const calls = fakePython('true');
  const tools = join(directory, 'tools');
  const first = await python.pythonPackages(tools, 'some', ['a==1', 'b==2']);
  expect(first).toEqual({ did: 'installed a==1 b==2 into .tools/some', python: join(tools, 'some/bin/python') });
  expect(readFileSync(calls, 'utf8')).toMatch(/^-m venv --without-pip .*\n-m pip --python .* a==1 b==2\n$/);
  expect((await python.pythonPackages(tools, 'some', ['a==1', 'b==2'])).did).toBe('a==1 b==2 in .tools/some');
  expect(readFileSync(calls, 'utf8').split('\n')).toHaveLength(3);
  expect((await python.pythonPackages(tools, 'some', ['a==2'])).did).toBe('installed a==2 into .tools/some');
});

test('without the package index the tests are skipped, and the reason is said', async () => {
  fakePython('echo "ERROR: no index"; exit 1');
  expect(await python.pythonPackages(join(directory, 'tools'), 'some', ['a==1'])).toEqual({
    did: 'SKIPPED what needs .tools/some: `python3 -m pip` ended with 1: ERROR: no index',
    python: null,
  });
  expect(existsSync(join(directory, 'tools/some/installed.json'))).toBe(false);
});

test('without Python, too', async () => {
  vi.stubEnv('PATH', directory);
  expect((await python.pythonPackages(join(directory, 'tools'), 'some', ['a==1'])).did).toMatch(
    /SKIPPED .*: there is no Python on PATH/,
  );
});
