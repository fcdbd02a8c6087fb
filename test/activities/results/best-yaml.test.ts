import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toBestYaml } from '../../../activities/results/best-yaml.ts';
import { propose } from '../../../activities/samplers/propose.ts';
import { proposeRandom } from '../../../activities/samplers/random.ts';
import { renderCommand } from '../../../activities/sweep-config/command.ts';
import { around, sweepDirectory } from '../sweep-config/setup.ts';
import { checkSweep, renderChecked } from '../../../workers/cli/checked.ts';
import { trial } from './trial.ts';

const { resolve, read, write, directory } = sweepDirectory();
const METRIC = 'metric: {name: loss, goal: minimize}\n';

/** Lines of `parameters`, any of which go together. */
const PARAMETERS = [
  'optimizer: {values: [sgd, adam, null]}',
  'momentum: {min: 0.0, max: 1.0}',
  'lr: {distribution: log_uniform_values, min: 1e-5, max: 0.1}',
  'decay: {distribution: inv_log_uniform_values, min: 1e-5, max: 0.1}',
  'batch: {distribution: q_log_uniform_values, min: 8, max: 512, q: 8}',
  'dropout: {distribution: beta, a: 2, b: 5}',
  'mix: {distribution: q_beta, a: 2, b: 5, q: 0.25}',
  'noise: {distribution: q_normal, mu: 0, sigma: 3, q: 1.0}',
  'scale: {distribution: log_normal, mu: 0.0, sigma: 1.0}',
  'width: {min: 1, max: 9}',
  'text: {values: ["1e3", "0x10", "yes", "~", "", " a: b #c", "5.0", "012", "é\\n\\t\\u0007", "---", "- x"]}',
  'mixed: {values: [1, 2.0, true, "true", [1, 2.0], {k: 1.0}], probabilities: [0.1, 0.1, 0.2, 0.2, 0.2, 0.2]}',
  'whole: {value: 3.0}',
  'net: {parameters: {depth: {min: 1, max: 3}, head: {parameters: {rate: {values: [1.0, 2.0]}, kind: {value: x}}}}}',
  'no: {values: [1, 2]}',
] as const;
const CONDITIONS = 'momentum: {when: {optimizer: sgd}}';
const TEMPORAL = [
  'seed: 9',
  'concurrency: 17',
  'slurm: {time: 0:10, exclusive: true, mem: "4G", "cpus-per-task": 2, account: "007"}',
  'slurm: {mem: "${parameter:width}G"}',
  'launch: launch.sh',
  'requeue: expedite',
  'lead_time: 90',
  'retries: {trainer: 3, out_of_memory: {backoff: 30s, exclude_node: true}, lost_launches: 2, stalled_segments: 9}',
  'heartbeat_timeout: 5m',
  'checkpoint_every: 0.5',
  'checkpoint_budget: 2GB',
  'sampler: ',
] as const;
const OBJECTIVES = [
  `${METRIC}early_terminate: {type: hyperband, min_iter: 3}\n`,
  METRIC,
  'metric: {name: acc, goal: maximize, target: 0.9, impute: best}\n',
  'metrics: [{name: loss}, {name: "a: b", goal: maximize}]\n',
];
const COMMANDS = [
  '',
  'command: ["${env}", "${interpreter}", "${program}", "--home=${envvar:HOME}", "${args_no_boolean_flags}"]\n',
  'command: [python3, "${program}", "${args_json}", "${args_json_file}"]\n',
];

const key = (line: string): string => line.slice(0, line.indexOf(': {'));
const sweeps = fc
  .record({
    parameters: fc.subarray([...PARAMETERS], { minLength: 1 }),
    temporal: fc.subarray([...TEMPORAL]),
    objective: fc.constantFrom(...OBJECTIVES),
    command: fc.constantFrom(...COMMANDS),
    name: fc.constantFrom('', 'name: "a #b: c"\n'),
    method: fc.constantFrom('random', 'bayes', 'custom'),
    number: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ parameters, temporal, objective, command, name, method, number }) => {
    const names = parameters.map(key);
    const options = new Map<string, string>(temporal.map((line) => [line.slice(0, line.indexOf(':')), line]));
    const sampler = method === 'random' ? 'sobol' : '{name: tpe, startup: 20, settings: optuna}';
    if (options.has('sampler')) options.set('sampler', `sampler: ${sampler}`);
    if (!names.includes('width') && options.get('slurm')?.includes('width') === true) options.delete('slurm');
    const conditions = names.includes('momentum') && names.includes('optimizer') ? [`conditions: {${CONDITIONS}}`] : [];
    const learns = method !== 'bayes' || !objective.startsWith('metrics');
    const text =
      `${name}program: train.py\nmethod: ${learns ? method : 'custom'}\n${objective}${command}run_cap: 40\n` +
      `parameters: {${parameters.join(', ')}}\n` +
      `temporal: {${[...options.values(), ...conditions].join(', ')}}\n`;
    return { text, number };
  });

test('any sweep: it is read again, and trains the same trial with the same command line and options', () => {
  const surroundings = { environment: { HOME: '/h' }, argumentsFile: 'arguments.json' };
  fc.assert(
    fc.property(sweeps, ({ text, number }) => {
      const original = resolve(text);
      const hyperparameters = proposeRandom(original, number)!;
      const best = toBestYaml(original, trial(number, { hyperparameters }));
      const result = read(best);
      if (!result.ok) throw new Error(result.problems.map((problem) => problem.text).join('\n'));
      const again = result.sweep;
      expect(propose(again, 1)).toEqual(hyperparameters);
      expect(again.size).toBe(1);
      expect(renderCommand(again, hyperparameters, surroundings)).toEqual(
        renderCommand(original, hyperparameters, surroundings),
      );
      // With one point to propose, there is nothing to sample.
      expect(again.temporal).toEqual({ ...original.temporal, concurrency: 1, sampler: { name: 'auto' } });
      expect(again.metrics).toEqual(original.metrics);
      expect([again.metric?.name, again.metric?.goal]).toEqual([original.metric?.name, original.metric?.goal]);
      expect(toBestYaml({ ...again, name: original.name }, trial(number, { hyperparameters }))).toBe(best);
      const checked = checkSweep(write(best, 'best.yaml'), { baseDirectory: directory });
      expect(checked).toMatchObject({ ok: true, proposals: [hyperparameters] });
      expect(renderChecked(checked)).toContain('trial 1 runs: ');
    }),
    { numRuns: 100 },
  );
});

test('is a sweep.yaml that proposes the same hyperparameters, with the same types', () => {
  const text = `${around(
    `{lr: {min: 0.0, max: 9.0}, n: {min: 1, max: 9}, s: {values: ["yes", "1e3", "a: b", null, true]},
      opt: {parameters: {b: {value: 2.0}, c: {parameters: {d: {value: 3}}}}}, l: {value: [1.0, 2.0]}, m: {value: {x: 1}}}`,
  )}${METRIC}temporal: {seed: 9, launch: launch.sh, lead_time: 90, slurm: {time: 0:10, exclusive: true}, retries: {trainer: 3, out_of_memory: {backoff: 30s, exclude_node: true}}}\n`;
  const original = resolve(text);
  for (const s of ['yes', '1e3', 'a: b', null, true]) {
    const hyperparameters = { lr: 5, n: 5, s, opt: { b: 2, c: { d: 3 } }, l: [1, 2], m: { x: 1 } };
    const again = resolve(toBestYaml(original, trial(1, { hyperparameters })));
    expect(propose(again, 1)).toEqual(hyperparameters);
    expect(again).toMatchObject({
      size: 1,
      floats: original.floats,
      command: original.command,
      program: original.program,
    });
    expect(again.temporal).toEqual({ ...original.temporal, concurrency: 1 });
  }
});

test('a text in the comment cannot break out of it', () => {
  const sweep = resolve(`${around('{lr: {min: 0.0, max: 1.0}}')}${METRIC}`);
  const named = { ...sweep, metric: { ...sweep.metric!, name: 'x\nprogram: evil' } };
  const text = toBestYaml(named, trial(1));
  expect(text.split('\n').filter((line) => line.startsWith('program:'))).toEqual([`program: ${directory}/train.py`]);
});
