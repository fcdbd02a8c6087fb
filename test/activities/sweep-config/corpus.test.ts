/** Files as W&B's users write them, each with what it means here. Keys that are not named keep their defaults. */
import { expect, test } from 'vitest';
import { propose } from '../../../activities/samplers/propose.ts';
import type { ResolvedSweep } from '../../../activities/sweep-config/resolved-sweep.ts';
import { sweepDirectory } from './setup.ts';

const { read } = sweepDirectory();
const loss = { name: 'loss', goal: 'minimize', target: null, impute: 'worst', imputeWhileRunning: null } as const;
const one = { x: { distribution: 'int_uniform', min: 1, max: 9 } } as const;

interface Case {
  readonly name: string;
  readonly yaml: string;
  readonly expected: Partial<Omit<ResolvedSweep, 'temporal'>> & {
    readonly temporal?: Partial<ResolvedSweep['temporal']>;
  };
  readonly warnings?: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'random search with the usual distributions',
    yaml: `
program: train.py
method: random
metric:
  name: val_loss
  goal: minimize
parameters:
  optimizer:
    values: ["adam", "sgd"]
  learning_rate:
    min: 0.0001
    max: 0.1
  batch_size:
    distribution: q_log_uniform_values
    q: 8
    min: 32
    max: 256
  dropout:
    values: [0.3, 0.4, 0.5]
  epochs:
    value: 1
`,
    expected: {
      method: 'random',
      metric: { ...loss, name: 'val_loss' },
      size: null,
      floats: ['dropout', 'learning_rate'],
      space: {
        batch_size: { distribution: 'q_log_uniform_values', min: 32, max: 256, q: 8, integer: true },
        dropout: { distribution: 'categorical', values: [0.3, 0.4, 0.5] },
        epochs: { distribution: 'constant', value: 1 },
        learning_rate: { distribution: 'uniform', min: 0.0001, max: 0.1 },
        optimizer: { distribution: 'categorical', values: ['adam', 'sgd'] },
      },
    },
  },
  {
    name: 'bayes with every key of metric',
    yaml: `
program: train.py
method: bayes
metric: { name: acc, goal: maximize, target: 0.99, impute: latest, impute_while_running: best }
parameters: { x: { min: 1, max: 9 } }
run_cap: 50
`,
    expected: {
      method: 'bayes',
      metric: { name: 'acc', goal: 'maximize', target: 0.99, impute: 'latest', imputeWhileRunning: 'best' },
      size: 50,
      temporal: { sampler: { name: 'auto' } },
    },
  },
  {
    name: 'impute_while_running "false", as text or as a boolean',
    yaml: 'program: train.py\nmethod: bayes\nmetric: { name: loss, impute_while_running: "false" }\nparameters: { x: { min: 1, max: 9 } }',
    expected: { metric: loss },
  },
  {
    name: 'a grid with a run_cap beyond its end',
    yaml: `
program: train.py
method: grid
parameters:
  a: { values: [1, 2] }
  b: { min: 1, max: 3 }
  c: { distribution: q_uniform, min: 0, max: 1, q: 0.5 }
run_cap: 100
`,
    expected: { method: 'grid', size: 12, metric: null, floats: ['c'] },
  },
  {
    name: 'a grid with a run_cap before its end',
    yaml: 'program: train.py\nmethod: grid\nparameters: { x: { min: 1, max: 9 } }\nrun_cap: 4',
    expected: { size: 4 },
  },
  {
    name: 'hyperband by max_iter and s',
    yaml: `
program: train.py
method: random
metric: { name: loss }
early_terminate: { type: hyperband, max_iter: 27, s: 2 }
parameters: { x: { min: 1, max: 9 } }
`,
    expected: { earlyTerminate: { type: 'hyperband', minIter: null, maxIter: 27, s: 2, eta: 3, strict: true } },
    warnings: ['4:18: early_terminate: has no effect yet: nothing stops trials early, and each runs to its end.'],
  },
  {
    name: 'hyperband by min_iter, which counts beside an incomplete max_iter',
    yaml: `
program: train.py
method: random
metric: { name: loss }
early_terminate: { type: hyperband, min_iter: 3, max_iter: 27, eta: 1.5, strict: false }
parameters: { x: { min: 1, max: 9 } }
`,
    expected: { earlyTerminate: { type: 'hyperband', minIter: 3, maxIter: null, s: null, eta: 1.5, strict: false } },
    warnings: ['has both "min_iter" and "max_iter": "min_iter" counts.', 'has no effect yet'],
  },
  {
    name: 'several metrics of a custom method',
    yaml: `
program: train.py
method: custom
metrics:
  - { name: loss, goal: minimize }
  - { name: accuracy, goal: maximize }
parameters: { x: { min: 1, max: 9 } }
temporal: { sampler: nsga2 }
`,
    expected: {
      method: 'custom',
      metric: null,
      metrics: [
        { name: 'loss', goal: 'minimize' },
        { name: 'accuracy', goal: 'maximize' },
      ],
      temporal: { sampler: { name: 'nsga2', population: null } },
    },
  },
  {
    name: 'metrics beside metric: the latter is ignored',
    yaml: 'program: train.py\nmethod: custom\nmetric: { name: loss }\nmetrics: [{ name: a }, { name: b }]\nparameters: { x: { min: 1, max: 9 } }',
    expected: {
      metric: null,
      metrics: [
        { name: 'a', goal: 'minimize' },
        { name: 'b', goal: 'minimize' },
      ],
    },
    warnings: ['metric: does not go together with "metrics", and is ignored.'],
  },
  {
    name: 'the deprecated distributions with exponents',
    yaml: `
program: train.py
method: random
parameters:
  a: { distribution: log_uniform, min: 0, max: 1 }
  b: { distribution: inv_log_uniform, min: -1, max: 0 }
  c: { distribution: q_log_uniform, min: 0, max: 1 }
`,
    expected: {
      space: {
        a: { distribution: 'log_uniform_values', min: 1, max: Math.E },
        b: { distribution: 'inv_log_uniform_values', min: 1, max: Math.E },
        c: { distribution: 'q_log_uniform_values', min: 1, max: Math.E, q: 1, integer: false },
      },
    },
    warnings: ['Use log_uniform_values with', 'Use inv_log_uniform_values with', 'Use q_log_uniform_values with'],
  },
  {
    name: 'bells and betas',
    yaml: `
program: train.py
method: random
parameters:
  a: { distribution: normal, mu: 5, sigma: 2 }
  b: { distribution: q_normal, q: 2 }
  c: { distribution: log_normal }
  d: { distribution: q_log_normal, sigma: .5 }
  e: { distribution: beta, a: 2, b: 5 }
  f: { distribution: q_beta, q: .1 }
`,
    expected: {
      floats: ['a', 'c', 'd', 'e', 'f'],
      space: {
        a: { distribution: 'normal', mu: 5, sigma: 2 },
        b: { distribution: 'q_normal', mu: 0, sigma: 1, q: 2, integer: true },
        c: { distribution: 'log_normal', mu: 0, sigma: 1 },
        d: { distribution: 'q_log_normal', mu: 0, sigma: 0.5, q: 1, integer: false },
        e: { distribution: 'beta', a: 2, b: 5 },
        f: { distribution: 'q_beta', a: 1, b: 1, q: 0.1, integer: false },
      },
    },
  },
  {
    name: 'nested parameters',
    yaml: `
program: train.py
method: random
parameters:
  optimizer:
    parameters:
      name: { value: sgd }
      schedule: { parameters: { warmup: { min: 1, max: 9 } } }
`,
    expected: {
      space: {
        'optimizer/name': { distribution: 'constant', value: 'sgd' },
        'optimizer/schedule/warmup': { distribution: 'int_uniform', min: 1, max: 9 },
      },
    },
  },
  {
    name: 'numbers as YAML 1.2 and W&B take them',
    yaml: `
program: train.py
method: random
parameters:
  a: { min: 1e-5, max: 3e6 }
  b: { values: [3e6, 2.5] }
  c: { value: 3000000 }
  d: { min: 0x10, max: 0o40 }
  e: { values: [True, ~, "1e-3", 1.] }
`,
    expected: {
      floats: ['a', 'b', 'e'],
      space: {
        a: { distribution: 'uniform', min: 1e-5, max: 3_000_000 },
        b: { distribution: 'categorical', values: [3_000_000, 2.5] },
        c: { distribution: 'constant', value: 3_000_000 },
        d: { distribution: 'int_uniform', min: 16, max: 32 },
        e: { distribution: 'categorical', values: [true, null, '1e-3', 1] },
      },
    },
  },
  {
    name: "keys of W&B's own server, launcher and pages",
    yaml: `
apiVersion: "1"
kind: sweep
entity: team
project: mnist
name: baseline
description: |
  A first try.
job: team/mnist/job:latest
image_uri: registry/image:1
controller: { type: local }
settings: { a: 1 }
program: train.py
method: random
parameters: { x: { min: 1, max: 9 } }
`,
    expected: { name: 'baseline', space: one },
  },
  {
    name: "W&B's own scheduler",
    yaml: 'program: train.py\nmethod: random\nscheduler: { engine: wandb }\nparameters: { x: { min: 1, max: 9 } }',
    expected: { space: one },
    warnings: ['3:12: scheduler: has no effect: samplers run in the control worker, as "method" says.'],
  },
  {
    name: 'a command with macros of every kind',
    yaml: `
program: train.py
method: random
command: ["\${env}", "WANDB=\${envvar:MODE}", "\${interpreter}", -u, "\${program}", "\${args_json_file}", "\${args_append_hydra}"]
parameters: { x: { min: 1, max: 9 } }
`,
    expected: {
      command: [
        '${env}',
        'WANDB=${envvar:MODE}',
        '${interpreter}',
        '-u',
        '${program}',
        '${args_json_file}',
        '${args_append_hydra}',
      ],
    },
  },
  {
    name: 'a command without a program',
    yaml: 'method: random\ncommand: [python, -m, train, "${args}"]\nparameters: { x: { min: 1, max: 9 } }',
    expected: { program: null, command: ['python', '-m', 'train', '${args}'] },
  },
  {
    name: 'anchors and merge keys',
    yaml: `
program: train.py
method: random
parameters:
  a: &rate { distribution: log_uniform_values, min: 1e-4, max: 1e-1 }
  b: { <<: *rate, max: 1.0 }
`,
    expected: {
      space: {
        a: { distribution: 'log_uniform_values', min: 1e-4, max: 0.1 },
        b: { distribution: 'log_uniform_values', min: 1e-4, max: 1 },
      },
    },
  },
  {
    name: 'probabilities',
    yaml: 'program: train.py\nmethod: random\nparameters: { x: { values: [a, b], probabilities: [0.3, 0.7] } }',
    expected: {
      space: { x: { distribution: 'categorical_w_probabilities', values: ['a', 'b'], probabilities: [0.3, 0.7] } },
    },
  },
  {
    name: 'a sampler with its options',
    yaml: 'program: train.py\nmethod: bayes\nmetric: { name: loss }\nparameters: { x: { min: 1, max: 9 } }\ntemporal: { sampler: { name: tpe, startup: 20, settings: optuna } }',
    expected: { temporal: { sampler: { name: 'tpe', startup: 20, candidates: 24, settings: 'optuna' } } },
  },
  {
    name: 'a key that W&B does not know',
    yaml: 'program: train.py\nmethod: random\nparameters: { x: { min: 1, max: 9 } }\nrun_capp: 3',
    expected: { size: null },
    warnings: ['4:1: run_capp: is no key of sweep.yaml and has no effect. Did you mean "run_cap"?'],
  },
];

test.each(CASES)('$name', ({ yaml, expected, warnings = [] }) => {
  const result = read(yaml.trimStart());
  if (!result.ok) throw new Error(result.problems.map(({ text }) => text).join('\n'));
  expect(result.sweep).toMatchObject(expected);
  if (expected.space !== undefined) expect(result.sweep.space).toEqual(expected.space);
  expect(result.warnings).toEqual(warnings.map((text) => expect.stringContaining(text) as string));
});

test('what a sweep resolves to is complete: it can be proposed from after a journey through JSON', () => {
  for (const { yaml } of CASES) {
    const result = read(yaml.trimStart());
    if (!result.ok || !['random', 'grid'].includes(result.sweep.method)) continue;
    const again = JSON.parse(JSON.stringify(result.sweep)) as ResolvedSweep;
    expect(propose(again, 1)).toEqual(propose(result.sweep, 1));
  }
});

test.each([
  ['method: bayes', 'metric: { name: loss }'],
  ['method: bayes', 'metric: { name: loss }\ntemporal: { sampler: gp }'],
  ['method: random', 'temporal: { sampler: sobol }'],
])('%s, %s: resolved, whether or not its sampler is there', (method, more) => {
  expect(read(`program: train.py\n${method}\n${more}\nparameters: { x: { min: 1, max: 9 } }`).ok).toBe(true);
});

test.each([
  ['random', '', 'tpe', 'tpe learns from results, and method: random does not. Write method: bayes.'],
  ['grid', '', 'random', 'random has no place in a grid.'],
  ['custom', '', 'gp', 'gp learns from a metric, and there is none.'],
  ['custom', 'metrics: [{ name: a }, { name: b }]', 'gp', 'gp takes one metric, and there are 2. Use tpe or nsga2.'],
  ['bayes', 'metric: { name: a }', 'nsga2', 'nsga2 takes two metrics or more.'],
  ['bayes', 'metric: { name: a }', 'bayesian', 'must be one of auto, random, sobol, tpe, gp, cmaes, nsga2'],
  ['bayes', 'metric: { name: a }', '{ startup: 5 }', 'needs "name"'],
  [
    'bayes',
    'metric: { name: a }',
    '{ name: gp, candidates: 5 }',
    'candidates: is not a key known here. Allowed: name, startup.',
  ],
  ['bayes', 'metric: { name: a }', '{ name: tpe, startup: 0 }', 'startup: must be an integer from 1'],
])('method: %s, %s, sampler: %s is refused', (method, more, sampler, expected) => {
  const result = read(
    `program: train.py\nmethod: ${method}\n${more}\nparameters: { x: { min: 1, max: 9 } }\ntemporal: { sampler: ${sampler} }`,
  );
  expect(result.ok ? [] : result.problems.map(({ text }) => text)).toEqual([expect.stringContaining(expected)]);
});
