import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { around, identity, sweepDirectory } from './setup.ts';

const { directory, read, resolve, complain } = sweepDirectory();

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
      metric: { name: 'loss', goal: 'minimize', target: null, impute: 'worst', imputeWhileRunning: null },
      metrics: [],
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
        sampler: { name: 'auto' },
        concurrency: 4,
        slurm: {},
        launch: null,
        leadSeconds: 60,
        trainerRetries: 1,
        lostLaunches: 5,
        stalledSegments: 5,
        heartbeatSeconds: 120,
        checkpointSeconds: 30,
        checkpointBytes: null,
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
  checkpoint_budget: 1.5GB
  retries: { trainer: 0, lost_launches: 2, stalled_segments: 3 }
  slurm: { partition: low, --time: 0:10:00, mem: 4G, cpus-per-task: 2, exclusive: true, nice: 007 }
`,
  );
  expect(sweep.size).toBe(7);
  expect(sweep.temporal).toEqual({
    seed: 4294967295,
    sampler: { name: 'auto' },
    concurrency: 1000,
    launch: join(directory, 'launch.sh'),
    leadSeconds: 90,
    heartbeatSeconds: 300,
    checkpointSeconds: 10,
    checkpointBytes: 1_500_000_000,
    trainerRetries: 0,
    lostLaunches: 2,
    stalledSegments: 3,
    slurm: { partition: 'low', time: '0:10:00', mem: '4G', 'cpus-per-task': '2', exclusive: true, nice: '007' },
    threads: 2,
  });
});

test.each([
  ['method: bayes', '1:1: has no "metric", and method: bayes learns from one.'],
  ['method: gird', '1:9: method: must be one of random, grid, bayes, not the text "gird".'],
  ['early_terminate: { type: hyperband }', '1:1: early_terminate: is not supported yet'],
  ['metrics: []', '1:1: metrics: is not supported yet'],
  ['scheduler: { engine: wandb }', '1:1: scheduler: is not supported yet'],
  ['run_cpa: 3', '1:1: run_cpa: is not a key of sweep.yaml. Did you mean "run_cap"?'],
  ['run_cap: 0', '1:10: run_cap: must be an integer from 1 to'],
  ['metric: { name: loss, goal: maximise }', '1:29: metric.goal: must be one of minimize, maximize'],
  ['metric: { goal: minimize }', '1:9: metric: needs "name"'],
  ['metric: { name: loss, target: low }', '1:31: metric.target: must be a finite number'],
  [
    'temporal: { sed: 1 }',
    '1:13: temporal.sed: is not a key known here. Did you mean "seed"? Allowed: seed, sampler, concurrency,',
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
  ['temporal: { slurm: { mem: "${parameter:size}G" } }', 'refers to "size", which is no parameter. Parameters: '],
  ['temporal: { slurm: { clusters: all } }', 'start one for each, with SLURM_CLUSTERS'],
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
    'sweep.yaml:1:1: has no "method". Add one of random, grid, ba',
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
