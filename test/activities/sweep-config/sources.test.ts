/** Where a sweep may come from, and who may bring commands (P14). */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { around, sweepDirectory } from './setup.ts';

const { directory, write, complain, inline } = sweepDirectory();

describe('files that cannot be used', () => {
  const start = (source: unknown) => {
    const result = inline(source);
    return result.ok ? '' : result.problems.map((problem) => problem.message).join('\n');
  };

  test.each([
    ['', 'is empty'],
    ['# nothing', 'is empty'],
    ['5', 'must be a mapping with the keys of sweep.yaml (method, parameters, …), not 5.'],
    ['- 1', 'not a list.'],
    ['a: 1\n---\nb: 2\n', 'holds several YAML documents'],
    ['a: [', 'sweep.yaml:1:5: is not valid YAML'],
    ['a: 1\na: 2', 'sweep.yaml:2:1: a: stands here twice'],
    ['a: !python/object x', 'Unresolved tag'],
    ['a: *nowhere', 'has no anchor before it'],
    ['a: &a [*a]', 'an alias to itself'],
    ['{a: 1}: 2', 'has a key that is no plain name'],
    ['['.repeat(5000), 'nests too deeply'],
    [new Uint8Array([0x61, 0x3a, 0x20, 0xff]), 'is not UTF-8 text'],
    ['x'.repeat(1024 * 1024 + 1), 'is too big: 1048577 bytes'],
  ])('%.20j', (text, expected) => {
    expect(complain(text).join('\n')).toContain(expected);
  });

  test('aliases that multiply are stopped', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++) lines.push(`a${level}: &a${level} [${`*a${level - 1}, `.repeat(10)}]`);
    expect(complain(lines.join('\n'))).toEqual([expect.stringContaining('expands to more than')]);
  });

  test('missing, directory, part of a path, loop', () => {
    mkdirSync(join(directory, 'folder'));
    symlinkSync('loop.yaml', join(directory, 'loop.yaml'));
    expect(start('nope.yaml')).toMatch(/^does not exist\./);
    expect(start('folder')).toMatch(/^is a directory\./);
    expect(start('train.py/sweep.yaml')).toMatch(/a part of its path is a file/);
    expect(start('loop.yaml')).toMatch(/cannot be opened: ELOOP/);
    expect(start('')).toMatch(/is empty/);
  });

  test('a FIFO does not hang the worker', () => {
    execFileSync('mkfifo', [join(directory, 'pipe.yaml')]);
    expect(start('pipe.yaml')).toBe('is not a regular file.');
  });

  test('P14: writable by others', () => {
    const name = write(around('{lr: {value: 1}}'), 'open.yaml');
    chmodSync(join(directory, name), 0o646);
    expect(start(name)).toContain(`chmod go-w ${join(directory, name)}`);
    chmodSync(join(directory, name), 0o644);
    expect(start(name)).toBe('');
  });

  test.runIf(process.getuid?.() === 0)('P14: a foreign group, a foreign owner', () => {
    const name = write(around('{lr: {value: 1}}'), 'foreign.yaml');
    const file = join(directory, name);
    chmodSync(file, 0o664);
    expect(start(name)).toBe('');
    chownSync(file, 0, 1234);
    expect(start(name)).toContain('can be written by others');
    chmodSync(file, 0o644);
    chownSync(file, 4321, 1234);
    expect(start(name)).toContain('belongs to another user (4321; this process runs as 0)');
    expect(inline(name, true)).toMatchObject({ ok: true });
  });

  test.each([[null], [5], [[1]], [undefined]])('source %j', (source) => {
    expect(start(source)).toContain('a sweep is started with the path of a sweep.yaml');
  });
});

describe('inline objects', () => {
  const sweep = { method: 'grid', program: 'train.py', parameters: { lr: { min: 1, max: 3 } } };

  test('P14: may not bring commands', () => {
    const result = inline({ ...sweep, command: ['sh'], temporal: { launch: 'x', slurm: {} } });
    expect(result.ok ? [] : result.problems.map((problem) => problem.key)).toEqual([
      'program',
      'command',
      'temporal.launch',
      'temporal.slurm',
    ]);
    expect(inline({ method: 'grid', parameters: sweep.parameters })).toMatchObject({
      ok: false,
      problems: [{ file: null, line: null, message: expect.stringContaining('--allow-inline') as string }],
    });
  });

  test('are read like a file when allowed', () => {
    const result = inline(sweep, true);
    expect(result).toMatchObject({
      ok: true,
      sweep: { source: null, directory, size: 3, program: join(directory, 'train.py') },
    });
    write(result.ok ? result.yaml : '');
    expect(inline('sweep.yaml')).toMatchObject({ ok: true, sweep: { size: 3 } });
  });

  test('problems name the key', () => {
    const result = inline({ ...sweep, parameters: { lr: { min: 3, max: 1 } } }, true);
    expect(result).toMatchObject({
      ok: false,
      problems: [{ text: 'inline sweep: parameters.lr.min: must be less than "max": 3 is not less than 1.' }],
    });
    expect(inline({ parameters: { a: { value: () => 1 } } }, true)).toMatchObject({
      problems: [{ text: 'inline sweep: parameters.a.value: is a function, which JSON does not have.' }],
    });
  });
});
