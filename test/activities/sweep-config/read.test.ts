import { mkdirSync, readFileSync, symlinkSync, writeFileSync, chmodSync, chownSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { around, identity, sweepDirectory } from './setup.ts';

const { directory, read, write, resolve, complain, inline } = sweepDirectory();

const WALKTHROUGH = `project: example-preemptable-sweep
name: SGD
program: train.py
command:
    - \${env}
    - python
    - \${program}
    - \${args}
metric:
    goal: minimize
    name: loss
method: random
parameters:
    lr_max:
        distribution: log_uniform_values
        min: 1e-3
        max: 1e-1
    epochs:
        value: 20
`;

test('a W&B file is taken as it is, with every default filled in', () => {
  const result = read(WALKTHROUGH);
  expect(result).toEqual({
    ok: true,
    yaml: WALKTHROUGH,
    warnings: [],
    sweep: {
      version: 1,
      identity,
      source: join(directory, 'sweep.yaml'),
      name: 'SGD',
      method: 'random',
      metric: { name: 'loss', goal: 'minimize' },
      space: {
        epochs: { distribution: 'constant', value: 20 },
        lr_max: { distribution: 'log_uniform_values', min: 0.001, max: 0.1 },
      },
      floats: ['lr_max'],
      size: null,
      program: join(directory, 'train.py'),
      command: ['${env}', 'python', '${program}', '${args}'],
      directory,
      temporal: {
        seed: 0,
        concurrency: 4,
        slurm: {},
        launch: null,
        leadSeconds: 60,
        trainerRetries: 1,
        lostLaunches: 5,
        stalledSegments: 5,
        heartbeatSeconds: 120,
        checkpointSeconds: 30,
        threads: 1,
      },
    },
  });
});

test('the resolved sweep survives JSON', () => {
  const sweep = resolve(WALKTHROUGH);
  expect(JSON.parse(JSON.stringify(sweep))).toEqual(sweep);
});

test('our own options, all of them', () => {
  const sweep = resolve(
    `${around('{lr: {value: 1}}')}run_cap: 7
temporal:
  seed: 4294967295
  concurrency: 1000
  launch: launch.sh
  lead_time: 1.5m
  heartbeat_timeout: 300
  checkpoint_every: 10s
  retries: { trainer: 0, lost_launches: 2, stalled_segments: 3 }
  slurm: { partition: low, --time: 0:10:00, mem: 4G, cpus-per-task: 2, exclusive: true, nice: 007 }
`,
  );
  expect(sweep.size).toBe(7);
  expect(sweep.temporal).toEqual({
    seed: 4294967295,
    concurrency: 1000,
    launch: join(directory, 'launch.sh'),
    leadSeconds: 90,
    heartbeatSeconds: 300,
    checkpointSeconds: 10,
    trainerRetries: 0,
    lostLaunches: 2,
    stalledSegments: 3,
    slurm: { partition: 'low', time: '0:10:00', mem: '4G', 'cpus-per-task': '2', exclusive: true, nice: '007' },
    threads: 2,
  });
});

test.each([
  ['method: bayes', '1:9: method: bayes is not supported yet. Use random or grid.'],
  ['method: gird', '1:9: method: must be random or grid, not the text "gird".'],
  ['early_terminate: { type: hyperband }', '1:1: early_terminate: is not supported yet'],
  ['metrics: []', '1:1: metrics: is not supported yet'],
  ['scheduler: { engine: wandb }', '1:1: scheduler: is not supported yet'],
  ['run_cpa: 3', '1:1: run_cpa: is not a key of sweep.yaml. Did you mean "run_cap"?'],
  ['run_cap: 0', '1:10: run_cap: must be an integer from 1 to'],
  ['metric: { name: loss, goal: maximise }', '1:29: metric.goal: must be one of minimize, maximize'],
  ['metric: { goal: minimize }', '1:9: metric: needs "name"'],
  ['metric: { name: loss, target: 0.1 }', '1:23: metric.target: is not supported yet'],
  [
    'temporal: { sed: 1 }',
    '1:13: temporal.sed: is not a key known here. Did you mean "seed"? Allowed: seed, concurrency,',
  ],
  ['temporal: { seed: -1 }', '1:19: temporal.seed: must be an integer from 0 to 4294967295, not -1.'],
  ['temporal: { concurrency: 1001 }', 'temporal.concurrency: must be an integer from 1 to 1000'],
  ['temporal: { lead_time: soon }', 'temporal.lead_time: must be a number of seconds, or text such as 90s'],
  ['temporal: { lead_time: 70000 }', 'temporal.lead_time: must be from 1 to 65535 whole seconds, not 70000.'],
  ['temporal: { launch: nope.sh }', `temporal.launch: nope.sh does not exist.`],
  [
    'temporal: { slurm: { array: 1-3 } }',
    'temporal.slurm.array: "array" may not be set: every trial is a job of its own.',
  ],
  ['temporal: { slurm: { --signal: USR1 } }', '"signal" may not be set: set "lead_time" instead.'],
  ['temporal: { slurm: { p: low } }', 'temporal.slurm.p: is no long option of sbatch'],
  ['temporal: { slurm: { cpus_per_task: 2 } }', 'Did you mean "cpus-per-task"?'],
  ['temporal: { slurm: { exclusive: false } }', 'temporal.slurm.exclusive: must be text, a number, or true'],
  ['temporal: { slurm: { mem: "4G\\nx" } }', 'temporal.slurm.mem: must be one line'],
  ['temporal: { slurm: { cpus-per-task: many } }', 'must be a whole number from 1 to 9999, not many.'],
  ['program: nope.py', '1:10: program: nope.py does not exist.'],
  ['program: .', 'is not a file.'],
  ['command: python train.py', '1:10: command: must be a list of words'],
  [
    'command: [python, "${args_json_file}"]',
    '1:19: command[1]: ${args_json_file} is not supported. Known macros: ${env}',
  ],
])('%s', (line, expected) => {
  const key = line.split(':')[0]!;
  const rest = ['program: train.py', 'method: random', 'parameters: {lr: {value: 1}}'].filter(
    (other) => !other.startsWith(`${key}:`),
  );
  const problems = complain([line, ...rest].join('\n'));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(expected);
});

test('all problems of a file are told at once', () => {
  expect(complain('metod: random\nparameters: {a: 1, b: [1]}\n').map((text) => text.slice(0, 60))).toEqual([
    'sweep.yaml:1:1: metod: is not a key of sweep.yaml. Did you m',
    'sweep.yaml:1:1: has no "method". Add method: random, or meth',
    'sweep.yaml:2:17: parameters.a: must be a mapping such as { m',
    'sweep.yaml:2:23: parameters.b: must be a mapping such as { m',
    'sweep.yaml:1:1: names nothing to run. Add program: train.ts ',
  ]);
});

test('keys that only W&B needs are ignored without a word', () => {
  const result = read(
    `${around('{lr: {value: 1}}')}project: p\nentity: e\ndescription: d\njob: j\nimage_uri: i\nkind: sweep\napiVersion: "1"\ncontroller: { type: local }\n`,
  );
  expect(result).toMatchObject({ ok: true, warnings: [] });
});

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

test('a program without a known extension must be executable', () => {
  const text = 'program: tool\nmethod: random\nparameters: {lr: {value: 1}}\n';
  writeFileSync(join(directory, 'tool'), '#!/bin/sh\n', { mode: 0o644 });
  expect(complain(text)).toEqual([expect.stringContaining('is not executable. Mend it: chmod +x')]);
  chmodSync(join(directory, 'tool'), 0o755);
  expect(resolve(text).program).toBe(join(directory, 'tool'));
});

test('the text is kept byte for byte', () => {
  const text = `\uFEFF# comment\r\n${around('{lr: {value: 1}}')}`;
  const result = read(text);
  expect(result.ok && Buffer.from(result.yaml)).toEqual(readFileSync(join(directory, 'sweep.yaml')));
});
