import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fake, scratch } from './fakes.ts';
import { libtensorflow, versions, wheel } from './modules.ts';
import { zipOf } from './zip.ts';

let directory: string;
beforeEach(() => {
  directory = scratch();
  vi.stubEnv('PATH', `${join(directory, 'bin')}:/usr/bin:/bin`);
});
afterEach(() => vi.unstubAllEnvs());

const content = 'the wheel';
const sha256 = createHash('sha256').update(content).digest('hex');
const request = (expected = sha256) => ({
  name: 'thing',
  version: '1.0',
  platforms: ['manylinux2014_x86_64'],
  sha256: expected,
  directory: join(directory, 'tools'),
});

/** A pip that writes down its arguments and then does as it is told, with the target folder as $target. */
const fakePip = (script: string): string =>
  fake(
    join(directory, 'bin', 'python3'),
    `[ "$3" = --version ] && exit 0
echo "$@" > ${join(directory, 'arguments')}
while [ "$1" != -d ]; do shift; done; target=$2
${script}`,
  );

test('a wheel of the pinned sha256 is handed over, whatever an interrupted download left', async () => {
  fakePip(`printf '${content}' > "$target/thing-1.0-py3-none-any.whl"`);
  mkdirSync(join(directory, 'tools', 'download-thing'), { recursive: true });
  writeFileSync(join(directory, 'tools', 'download-thing', 'thing-0.9-py3-none-any.whl'), 'half of');
  const found = await wheel.downloadWheel(request());
  expect(readFileSync(found.file, 'utf8')).toBe(content);
  const said = readFileSync(join(directory, 'arguments'), 'utf8');
  expect(said).toMatch(/--no-deps --only-binary=:all: .*--platform manylinux2014_x86_64 .*thing==1\.0$/m);
  found.remove();
  expect(readdirSync(join(directory, 'tools'))).toEqual([]);
});

test('another content is refused, with both sums, and deleted', async () => {
  fakePip(`printf 'something else' > "$target/thing-1.0-py3-none-any.whl"`);
  await expect(wheel.downloadWheel(request())).rejects.toThrow(
    new RegExp(`has sha256 [0-9a-f]{64} instead of ${sha256}`),
  );
  expect(readdirSync(join(directory, 'tools'))).toEqual([]);
});

test('a failing download quotes pip and leaves nothing', async () => {
  fakePip('echo "WARNING: retrying"; echo "ERROR: no matching distribution" >&2; exit 1');
  await expect(wheel.downloadWheel(request())).rejects.toThrow(
    'pip could not download thing 1.0: no matching distribution',
  );
  expect(readdirSync(join(directory, 'tools'))).toEqual([]);
});

test('a wheel names its version and variant', () => {
  expect(libtensorflow.fromName('/a/tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl')).toEqual({
    version: '2.21.0',
    variant: 'cpu',
  });
  expect(libtensorflow.fromName('tensorflow-2.18.1-cp312-cp312-manylinux_2_17_x86_64.whl').variant).toBe('gpu');
  expect(() => libtensorflow.fromName('torch-2.0.0-cp311-linux_x86_64.whl')).toThrow(
    /--wheel torch.*expected a Linux wheel/,
  );
});

test('exactly 16 files of a given wheel are kept, and a second time nothing is unpacked', async () => {
  const { libraries, headers } = versions.LIBTENSORFLOW;
  const names = [...libraries, ...headers.map((name) => `tensorflow/include/${name}`), 'tensorflow/other.so'];
  const file = join(directory, 'tensorflow_cpu-2.99.0-cp311-cp311-manylinux_2_27_x86_64.whl');
  writeFileSync(file, zipOf(Object.fromEntries(names.map((name) => [name, Buffer.from(name)]))));
  const tools = join(directory, 'tools');

  const first = await libtensorflow.libtensorflow(tools, { wheel: file });
  const kept = readdirSync(first.directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(kept.map(({ name }) => name).filter((name) => name !== 'unpacked.json')).toHaveLength(16);
  expect(first.did).toContain('unpacked');
  expect(existsSync(file)).toBe(true);
  expect((await libtensorflow.libtensorflow(tools, { wheel: file })).did).toBe('2.99.0 (cpu) in .tools');
  expect((await libtensorflow.libtensorflow(tools, {})).directory).toBe(first.directory);
});

test('a wheel that lacks a library leaves no half-unpacked folder that would count as whole', async () => {
  const file = join(directory, 'tensorflow_cpu-2.99.0-cp311-cp311-manylinux_2_27_x86_64.whl');
  writeFileSync(file, zipOf({ 'tensorflow/other.so': Buffer.from('x') }));
  const tools = join(directory, 'tools');
  for (const attempt of [1, 2]) {
    await expect(libtensorflow.libtensorflow(tools, { wheel: file }), `attempt ${attempt}`).rejects.toThrow(/holds no/);
  }
});
