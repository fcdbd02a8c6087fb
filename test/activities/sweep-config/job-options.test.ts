import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { changeOptions, readChangedOptions } from '../../../activities/results/job-options.ts';
import { readJobOptions, SETTABLE, withJobOptions } from '../../../activities/sweep-config/job-options.ts';
import { SBATCH_NAMES } from '../../../activities/sweep-config/sbatch-names.ts';
import { withParameters, wrongReferences } from '../../../activities/sweep-config/slurm-references.ts';

describe('setJobOptions', () => {
  test('takes names with and without dashes, numbers, flags, and null to take one away', () => {
    expect(readJobOptions({ '--partition': 'low', nice: 100, exclusive: true, qos: null }, [])).toEqual({
      ok: true,
      options: { partition: 'low', nice: '100', exclusive: true, qos: null },
    });
  });

  test.each([
    [{}, 'at least one option'],
    ['partition=low', 'are an object'],
    [['partition'], 'are an object'],
    [{ partitoin: 'low' }, 'Did you mean "partition"?'],
    [{ 'cpus-per-task': 4 }, 'the number of threads'],
    [{ array: '1-3' }, 'every trial is a job of its own'],
    [{ partition: false }, 'must be text, a number, true, or null'],
    [{ partition: 'low\nhigh' }, 'one line'],
    [{ partition: '' }, 'one line'],
    [{ mem: '${parameter:gb}G' }, 'which is no parameter'],
  ])('P14: %j is refused: %s', (given, message) => {
    const read = readJobOptions(given, ['lr']);
    expect(read).toEqual({ ok: false, message: expect.stringContaining(message) });
  });

  test('P14: nothing that names a program, a file or an environment may be set by a message', () => {
    for (const name of [
      'export',
      'export-file',
      'prolog',
      'task-prolog',
      'bcast',
      'uid',
      'container',
      'container-image',
      'input',
      'get-user-env',
    ])
      expect(readJobOptions({ [name]: 'x' }, []), name).toMatchObject({ ok: false });
  });

  test('every settable name is an option of sbatch', () => {
    expect(SETTABLE.filter((name) => !SBATCH_NAMES.includes(name))).toEqual([]);
  });

  test('later changes win, and null takes away what sweep.yaml gave', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'job-options-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'job-options.json');
    expect(await readChangedOptions(path)).toEqual({});
    await changeOptions(path, { partition: 'low', qos: null });
    await changeOptions(path, { partition: 'high' });
    const changed = await readChangedOptions(path);
    expect(changed).toEqual({ partition: 'high', qos: null });
    expect(withJobOptions({ partition: 'x', qos: 'long', mem: '4G' }, changed)).toEqual({
      partition: 'high',
      mem: '4G',
    });
  });

  test('any input gets an answer', () => {
    fc.assert(
      fc.property(fc.anything(), (given) => {
        const read = readJobOptions(given, []);
        expect(read.ok ? Object.keys(read.options).length : read.message.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('${parameter:NAME} in an option', () => {
  const space = {
    gb: { distribution: 'int_uniform', min: 1, max: 9 },
    'model/width': { distribution: 'categorical', values: [1.5] },
  } as const;

  test("becomes the trial's own value, nested ones too, and stays one word", () => {
    const options = {
      mem: '${parameter:gb}G',
      time: '0:${parameter:gb}0:00',
      'job-tag': 'w${parameter:model/width}',
      exclusive: true,
    } as const;
    expect(withParameters(options, space, { gb: 4, model: { width: 1.5 } })).toEqual({
      mem: '4G',
      time: '0:40:00',
      'job-tag': 'w1.5',
      exclusive: true,
    });
  });

  test.each([
    ['${parameter:gp}G', 'Did you mean "gb"?'],
    ['${gb}G', 'Write ${parameter:NAME}'],
    ['${parameter:gb', 'Write ${parameter:NAME}'],
  ])('%s is refused: %s', (text, message) => {
    expect(wrongReferences(text, Object.keys(space))).toContain(message);
  });

  test('a dollar sign without braces is text', () => {
    expect(wrongReferences('$HOME costs 5$', [])).toBeNull();
  });
});
