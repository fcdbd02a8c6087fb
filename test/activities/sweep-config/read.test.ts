import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { around, identity, sweepDirectory } from './setup.ts';

const { directory, read, resolve, complain, warn } = sweepDirectory();

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
      earlyTerminate: null,
      conditions: {},
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
        requeue: 'auto',
        leadSeconds: null,
        retries: {
          trainer: { times: 1, backoffSeconds: 0, excludeNode: false },
          outOfMemory: { times: 1, backoffSeconds: 0, excludeNode: false },
          nodeFailure: { times: 10, backoffSeconds: 0, excludeNode: true },
          unusableCheckpoint: { times: 0, backoffSeconds: 0, excludeNode: false },
        },
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
  sampler: sobol
  concurrency: 1000
  launch: launch.sh
  requeue: resubmit
  lead_time: 1.5m
  heartbeat_timeout: 300
  checkpoint_every: 10s
  checkpoint_budget: 1.5GB
  retries:
    trainer: 0
    out_of_memory: { times: 3, backoff: 30s }
    node_failure: { exclude_node: false }
    unusable_checkpoint: { times: 1, backoff: 1m, exclude_node: true }
    lost_launches: 2
    stalled_segments: 3
  slurm: { partition: low, --time: 0:10:00, mem: 4G, cpus-per-task: 2, exclusive: true, nice: 007 }
`,
  );
  expect(sweep.size).toBe(7);
  expect(sweep.temporal).toEqual({
    seed: 4294967295,
    sampler: { name: 'sobol' },
    concurrency: 1000,
    launch: join(directory, 'launch.sh'),
    requeue: 'resubmit',
    leadSeconds: 90,
    heartbeatSeconds: 300,
    checkpointSeconds: 10,
    checkpointBytes: 1_500_000_000,
    retries: {
      trainer: { times: 0, backoffSeconds: 0, excludeNode: false },
      outOfMemory: { times: 3, backoffSeconds: 30, excludeNode: false },
      nodeFailure: { times: 10, backoffSeconds: 0, excludeNode: false },
      unusableCheckpoint: { times: 1, backoffSeconds: 60, excludeNode: true },
    },
    lostLaunches: 2,
    stalledSegments: 3,
    slurm: { partition: 'low', time: '0:10:00', mem: '4G', 'cpus-per-task': '2', exclusive: true, nice: '007' },
    threads: 2,
  });
});

test.each([
  ['method: bayes', '1:1: has no "metric", and method: bayes learns from one. Add metric:'],
  ['method: gird', '1:9: method: must be one of random, grid, bayes, custom, not the text "gird".'],
  ['metrics: []', '1:10: metrics: must be a list of two or more'],
  ['metrics: [{ name: loss }, { name: loss }]', '1:27: metrics[1]: names "loss" a second time.'],
  ['early_terminate: [hyperband]', '1:18: early_terminate: must be a mapping'],
  [
    'scheduler: { engine: optuna }',
    '1:22: scheduler.engine: optuna is not run here. Remove "scheduler", write method: bayes',
  ],
  ['run_cap: 0', '1:10: run_cap: must be an integer from 1 to'],
  ['metric: { name: loss, goal: maximise }', '1:29: metric.goal: must be one of minimize, maximize'],
  ['metric: { goal: minimize }', '1:9: metric: needs "name"'],
  ['metric: { name: loss, target: low }', '1:31: metric.target: must be a finite number, not the text "low".'],
  ['temporal: { sed: 1 }', '1:13: temporal.sed: is not a key known here. Did you mean "seed"? Allowed: seed, sampler,'],
  ['temporal: { seed: -1 }', '1:19: temporal.seed: must be an integer from 0 to 4294967295, not -1.'],
  ['temporal: { concurrency: 1001 }', 'temporal.concurrency: must be an integer from 1 to 1000'],
  ['temporal: { lead_time: soon }', 'temporal.lead_time: must be a number of seconds, or text such as 90s'],
  ['temporal: { lead_time: 70000 }', 'temporal.lead_time: must be from 1 to 65535 whole seconds, not 70000.'],
  [
    'temporal: { retries: { oom: 1 } }',
    'temporal.retries.oom: is not a key known here. Allowed: trainer, out_of_memory, node_failure,',
  ],
  ['temporal: { retries: { trainer: -1 } }', 'temporal.retries.trainer: must be an integer from 0 to 1000, not -1.'],
  [
    'temporal: { retries: { trainer: { time: 1 } } }',
    'temporal.retries.trainer.time: is not a key known here. Did you mean "times"?',
  ],
  ['temporal: { retries: { trainer: { backoff: soon } } }', 'retries.trainer.backoff: must be a number of seconds, or'],
  ['temporal: { retries: { trainer: { backoff: 2h } } }', 'must be from 0 to 3600 whole seconds, not 7200.'],
  [
    'temporal: { retries: { trainer: { exclude_node: n1 } } }',
    'exclude_node: must be true or false, not the text "n1".',
  ],
  ['temporal: { launch: nope.sh }', `temporal.launch: nope.sh does not exist.`],
  [
    'temporal: { slurm: { array: 1-3 } }',
    'temporal.slurm.array: "array" may not be set: every trial is a job of its own.',
  ],
  ['temporal: { slurm: { --signal: USR1 } }', '"signal" may not be set: set "lead_time" instead.'],
  ['temporal: { slurm: { p: low } }', 'temporal.slurm.p: is no long option of sbatch'],
  ['temporal: { slurm: { cpus_per_task: 2 } }', 'Did you mean "cpus-per-task"?'],
  [
    'temporal: { slurm: { mem: "${parameter:size}G" } }',
    'refers to "size", which is no parameter of every trial. Parameters: lr.',
  ],
  ['temporal: { slurm: { clusters: all } }', 'start one for each, with SLURM_CLUSTERS'],
  ['temporal: { slurm: { exclusive: false } }', 'temporal.slurm.exclusive: must be text, a number, or true'],
  ['temporal: { slurm: { mem: "4G\\nx" } }', 'temporal.slurm.mem: must be one line'],
  ['temporal: { slurm: { cpus-per-task: many } }', 'must be a whole number from 1 to 9999, not many.'],
  ['program: nope.py', '1:10: program: nope.py does not exist.'],
  ['program: .', 'is not a file.'],
  ['command: python train.py', '1:10: command: must be a list of words'],
  ['command: [python, "${args_jsn}"]', '1:19: command[1]: ${args_jsn} is no macro known here. Known: ${env}'],
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
    'sweep.yaml:1:1: has no "method". Add one of random, grid, ba',
    'sweep.yaml:2:17: parameters.a: must be a mapping such as { m',
    'sweep.yaml:2:23: parameters.b: must be a mapping such as { m',
    'sweep.yaml:1:1: names nothing to run. Add program: train.ts ',
  ]);
  expect(warn('metod: random\nparameters: {a: 1}\n')).toEqual([
    expect.stringContaining('metod: is no key of sweep.yaml and has no effect. Did you mean "method"?'),
  ]);
});

// What W&B's schema forbids and its server runs all the same.
test.each([
  ['run_cpa: 3', '1:1: run_cpa: is no key of sweep.yaml and has no effect. Did you mean "run_cap"?'],
  ['apiVersion: 1', '1:13: apiVersion: must be text, not 1.'],
  ['kind: run', '1:7: kind: must be sweep'],
  ['settings: 1', '1:11: settings: must be a mapping'],
  ['controller: { type: cluod }', '1:21: controller.type: must have type: local or type: cloud'],
  ['scheduler: { engine: axe }', '1:22: scheduler.engine: must have engine: wandb, optuna or ax.'],
  [
    'metric: { name: loss, goals: maximize }',
    '1:23: metric.goals: is not a key known here, and is ignored. Did you mean "goal"?',
  ],
  [
    'metric: { name: loss, impute: mean }',
    '1:31: metric.impute: must be one of worst, best, latest, not the text "mean"; the default worst',
  ],
  [
    'metric: { name: loss, impute_while_running: 1 }',
    'must be one of false, worst, best, latest, not 1; the default false is taken.',
  ],
  ['metrics: [{ name: loss }, { name: size }]', '1:1: metrics: wants method: custom at W&B; here any method takes it.'],
  [
    'parameters: { lr: { distribution: log_uniform, min: -2, max: 2 } }',
    '1:19: parameters.lr: log_uniform takes exponents and is deprecated. Use log_uniform_values with min: 0.135',
  ],
  ['parameters: { n: { min: 1, max: 2.5 } }', 'are an integer and a float: taken as uniform'],
  ['parameters: { n: { distribution: int_uniform, min: 1.0, max: 2 } }', '1:52: parameters.n.min: 1.0 is a float'],
])('%s is a warning, and an error with strict', (line, expected) => {
  const key = line.split(':')[0]!;
  const rest = ['program: train.py', 'method: random', 'parameters: {lr: {value: 1}}'].filter(
    (other) => !other.startsWith(`${key}:`),
  );
  const text = [line, ...rest].join('\n');
  expect(warn(text)).toEqual([expect.stringContaining(expected)]);
  expect(complain(text)).toEqual([]);
  expect(complain(text, true)).toEqual([expect.stringContaining(expected)]);
});

test.each([
  ['{ min_iter: 3 }', 'needs "type". Add type: hyperband.'],
  ['{ type: median, min_iter: 3 }', 'early_terminate.type: must be one of hyperband, not the text "median".'],
  ['{ type: hyperband }', 'needs "min_iter", or "max_iter" and "s". Add min_iter: 1.'],
  ['{ type: hyperband, max_iter: 27 }', 'needs "min_iter", or "max_iter" and "s"'],
  ['{ type: hyperband, min_iter: 0 }', 'early_terminate.min_iter: must be an integer from 1'],
  ['{ type: hyperband, min_iter: 3, eta: 1 }', 'early_terminate.eta: must be greater than 1, not 1.'],
  ['{ type: hyperband, max_iter: 2, s: 1 }', 'leaves no iteration to judge at'],
])('early_terminate: %s', (value, expected) => {
  const text = `${around('{lr: {value: 1}}')}metric: { name: loss }\nearly_terminate: ${value}\n`;
  expect(complain(text)).toEqual([expect.stringContaining(expected)]);
});

test('hyperband needs a metric', () => {
  expect(complain(`${around('{lr: {value: 1}}')}early_terminate: { type: hyperband, min_iter: 3 }\n`)).toEqual([
    expect.stringContaining('needs "metric": the value by which trials are judged.'),
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
  expect(complain(text)).toEqual([expect.stringContaining('is not executable. Mend it with chmod +x.')]);
  chmodSync(join(directory, 'tool'), 0o755);
  expect(resolve(text).program).toBe(join(directory, 'tool'));
});

test('the text is kept byte for byte', () => {
  const text = `\uFEFF# comment\r\n${around('{lr: {value: 1}}')}`;
  const result = read(text);
  expect(result.ok && Buffer.from(result.yaml)).toEqual(readFileSync(join(directory, 'sweep.yaml')));
});
