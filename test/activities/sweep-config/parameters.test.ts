import { expect, test } from 'vitest';
import { around, sweepDirectory } from './setup.ts';

const { read, resolve, complain } = sweepDirectory();
const spaceOf = (parameter: string) => resolve(around(`{p: ${parameter}}`)).space['p'];
const floatsOf = (parameter: string) => resolve(around(`{p: ${parameter}}`)).floats;
const warningsOf = (parameter: string) => {
  const result = read(around(`{p: ${parameter}}`));
  return result.ok ? result.warnings : [];
};

test.each([
  // The token decides between int and float, as in Python.
  ['{min: 1, max: 10}', { distribution: 'int_uniform', min: 1, max: 10 }],
  ['{min: 1.0, max: 10.0}', { distribution: 'uniform', min: 1, max: 10 }],
  ['{min: 1e0, max: 1e1}', { distribution: 'uniform', min: 1, max: 10 }],
  ['{min: -3, max: 0x10}', { distribution: 'int_uniform', min: -3, max: 16 }],
  ['{min: 1e-3, max: .1}', { distribution: 'uniform', min: 0.001, max: 0.1 }],
  ['{min: 1, max: 10, distribution: uniform}', { distribution: 'uniform', min: 1, max: 10 }],
  ['{values: [a]}', { distribution: 'categorical', values: ['a'] }],
  [
    '{values: [a, 1, 2.5, true, null, [1], {x: y}]}',
    { distribution: 'categorical', values: ['a', 1, 2.5, true, null, [1], { x: 'y' }] },
  ],
  [
    '{values: [a, b], probabilities: [0.25, 0.75]}',
    { distribution: 'categorical_w_probabilities', values: ['a', 'b'], probabilities: [0.25, 0.75] },
  ],
  ['{value: null}', { distribution: 'constant', value: null }],
  ['{distribution: constant, value: [1, 2]}', { distribution: 'constant', value: [1, 2] }],
  ['{distribution: normal}', { distribution: 'normal', mu: 0, sigma: 1 }],
  ['{distribution: log_normal, mu: 2}', { distribution: 'log_normal', mu: 2, sigma: 1 }],
  ['{distribution: q_normal, sigma: 0}', { distribution: 'q_normal', mu: 0, sigma: 0, q: 1, integer: false }],
  ['{distribution: q_log_normal, q: 2}', { distribution: 'q_log_normal', mu: 0, sigma: 1, q: 2, integer: true }],
  ['{distribution: q_uniform, min: 0, max: 1}', { distribution: 'q_uniform', min: 0, max: 1, q: 1, integer: false }],
  [
    '{distribution: q_uniform, min: 0, max: 9, q: 3}',
    { distribution: 'q_uniform', min: 0, max: 9, q: 3, integer: true },
  ],
  [
    '{distribution: q_log_uniform_values, min: 8, max: 512, q: 8.0}',
    { distribution: 'q_log_uniform_values', min: 8, max: 512, q: 8, integer: false },
  ],
  [
    '{distribution: inv_log_uniform_values, min: 1, max: 2}',
    { distribution: 'inv_log_uniform_values', min: 1, max: 2 },
  ],
  ['{distribution: beta}', { distribution: 'beta', a: 1, b: 1 }],
  ['{distribution: beta, a: 2, b: .5}', { distribution: 'beta', a: 2, b: 0.5 }],
  ['{distribution: q_beta, b: 5, q: 0.1}', { distribution: 'q_beta', a: 1, b: 5, q: 0.1, integer: false }],
  ['{distribution: log_uniform, min: 0, max: 1}', { distribution: 'log_uniform_values', min: 1, max: Math.E }],
  ['{distribution: inv_log_uniform, min: -1, max: 0}', { distribution: 'inv_log_uniform_values', min: 1, max: Math.E }],
  [
    '{distribution: q_log_uniform, min: 0, max: 1, q: 2}',
    { distribution: 'q_log_uniform_values', min: 1, max: Math.E, q: 2, integer: true },
  ],
])('%s', (parameter, expected) => {
  expect(spaceOf(parameter)).toEqual(expected);
});

test.each([
  ['{}', '3:17: parameters.p: says too little.'],
  [
    '0.1',
    'parameters.p: must be a mapping such as { min: 0.0, max: 1.0 }, not 0.1. Write { value: 0.1 } for a constant.',
  ],
  ['[1, 2]', 'Write "values:" before the list.'],
  ['{min: 1}', 'says too little'],
  ['{min: 5, max: 5}', '3:23: parameters.p.min: must be less than "max": 5 is not less than 5.'],
  ['{min: a, max: 5}', 'parameters.p.min: must be a finite number, not the text "a".'],
  ['{min: -.inf, max: 5}', 'parameters.p.min: must be a finite number, not -.inf.'],
  ['{min: 1, max: 5, step: 2}', '3:34: parameters.p.step: is not a key known here. Allowed: distribution, min, max.'],
  ['{min: 1, max: 5, q: 2}', 'has "q" but no "distribution"'],
  ['{mu: 1}', 'has "mu" or "sigma" but no "distribution"'],
  ['{distribution: q_uniform, min: 1, max: 2, q: 0}', 'parameters.p.q: must be greater than 0'],
  ['{distribution: normal, sigma: -1}', 'parameters.p.sigma: must not be negative'],
  ['{distribution: int_uniform, min: 1, max: 2.5}', 'int_uniform needs integers'],
  ['{distribution: log_uniform_values, min: 0, max: 1}', 'must be greater than 0 on a logarithmic scale, not 0.'],
  ['{distribution: uniform, max: 1}', 'parameters.p: needs "min" (distribution uniform).'],
  ['{distribution: unifrom, min: 1, max: 2}', 'Did you mean "uniform"? Allowed: constant,'],
  ['{distribution: 5}', 'is no distribution: 5.'],
  ['{a: 1}', 'has "a" or "b" but no "distribution"'],
  ['{distribution: beta, a: 0}', '3:41: parameters.p.a: must be greater than 0, not 0.'],
  ['{distribution: beta, q: 1}', 'parameters.p.q: is not a key known here. Allowed: distribution, a, b.'],
  ['{distribution: q_beta, q: 0}', 'parameters.p.q: must be greater than 0'],
  ['{distribution: log_uniform, min: 2, max: 1}', 'must be less than "max"'],
  ['{distribution: log_uniform, min: 1, max: 1000}', 'these would be values from 2.718281828459045 to Infinity'],
  ['{distribution: inv_log_uniform, min: 1, max: 1000}', 'these would be values from 0 to 0.36787944117144233'],
  ['{values: []}', 'must be a list of at least one value'],
  ['{values: a}', 'must be a list of at least one value, not the text "a".'],
  ['{values: [a, b], probabilities: [1]}', 'must be as many as "values": 1 for 2 values.'],
  ['{values: [a, b], probabilities: [0.5, 0.4]}', 'must add up to 1, not 0.9.'],
  [
    '{values: [a, b], probabilities: [2, -1]}',
    'parameters.p.probabilities[1]: must be a number of at least 0, not -1.',
  ],
  ['{value: .nan}', 'must be finite'],
  ['{value: 12345678901234567890}', 'has too many digits for an exact number. Put it in quotes.'],
  ['{parameters: {}}', 'parameters.p.parameters: needs at least one parameter.'],
  ['{parameters: {a: {value: 1}}, value: 2}', 'Nested parameters stand alone.'],
  ['{parameters: {a: {min: 2, max: 1}}}', 'parameters.p.parameters.a.min: must be less than "max"'],
])('%s is refused', (parameter, expected) => {
  const problems = complain(around(`{p: ${parameter}}`));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(expected);
});

test.each(['1a', 'a/b', 'a b', '-a', '__proto__', '""'])('the parameter name %s is refused', (name) => {
  expect(complain(around(`{${name}: {value: 1}}`))).toEqual([expect.stringContaining('is no parameter name')]);
});

test('names that objects have by themselves are only names', () => {
  const sweep = resolve(around('{constructor: {value: 1}, toString: {value: {__proto__: 5}}}'));
  expect(Object.keys(sweep.space)).toEqual(['constructor', 'toString']);
  expect(JSON.stringify(sweep.space['toString'])).toBe('{"distribution":"constant","value":{"__proto__":5}}');
});

test('nested parameters are flattened, sorted at every level', () => {
  const sweep = resolve(
    around(
      '{b: {value: 1}, a: {parameters: {z: {value: 2}, b: {parameters: {c: {min: 0.0, max: 1.0}}}}}, a-x: {value: 3}}',
    ),
  );
  expect(Object.keys(sweep.space)).toEqual(['a/b/c', 'a/z', 'a-x', 'b']);
  expect(sweep.floats).toEqual(['a/b/c']);
});

test.each([
  ['{value: 1.0}', true],
  ['{value: 1}', false],
  ['{values: [0.1, 1.0]}', true],
  ['{values: [0.1, 1]}', false],
  ['{values: [a]}', false],
  ['{min: 1, max: 2}', false],
  ['{min: 1.0, max: 2.0}', true],
  ['{distribution: q_uniform, min: 1, max: 9, q: 2}', false],
  ['{distribution: q_uniform, min: 1, max: 9}', true],
])('%s holds floats: %s', (parameter, expected) => {
  expect(floatsOf(parameter)).toEqual(expected ? ['p'] : []);
});

test('what W&B would read differently is warned about', () => {
  expect(warningsOf('{values: [yes, 010, 1:30, 1_000]}')).toEqual([
    expect.stringContaining('parameters.p.values[0]: yes is the text "yes" here, and true to W&B\'s reader.'),
    expect.stringContaining('010 is the number 10 here, and an octal number'),
    expect.stringContaining('1:30 is the text "1:30" here'),
    expect.stringContaining('1_000 is the text "1_000" here'),
  ]);
  expect(warningsOf('{values: ["yes", 10, no-one]}')).toEqual([]);
  expect(warningsOf('{min: 0, max: 1.0}')).toEqual([
    expect.stringContaining('are an integer and a float: taken as uniform'),
  ]);
  expect(warningsOf('{values: [1, 2.0]}')).toEqual([
    expect.stringContaining('2.0 stands among integers and is passed on as 2'),
  ]);
});

test('merge keys and aliases', () => {
  const sweep = resolve(`program: train.py
method: random
parameters:
  a: &base { min: 1, max: 5 }
  b: *base
  c: { <<: *base, max: 9 }
`);
  expect(sweep.space).toEqual({
    a: { distribution: 'int_uniform', min: 1, max: 5 },
    b: { distribution: 'int_uniform', min: 1, max: 5 },
    c: { distribution: 'int_uniform', min: 1, max: 9 },
  });
});

test('a grid', () => {
  const grid = (parameters: string) => resolve(around(parameters, 'grid'));
  expect(grid('{a: {min: 1, max: 3}, b: {values: [x, y, x]}, c: {value: 1}}').size).toBe(6);
  expect(resolve(`${around('{a: {min: 1, max: 3}}', 'grid')}run_cap: 2`).size).toBe(2);
  expect(grid('{a: {min: 1, max: 9000000000000000}, b: {min: 1, max: 1000}}').size).toBeNull();
  expect(grid('{a: {distribution: q_uniform, min: 1, max: 9, q: 2}}').floats).toEqual([]);
  expect(grid('{a: {distribution: q_uniform, min: 1.0, max: 9, q: 2}}').floats).toEqual(['a']);
  expect(complain(around('{a: {min: 0.0, max: 1.0}}', 'grid'))).toEqual([
    expect.stringContaining(
      'parameters.a: uniform has no grid. A grid takes constant, categorical, int_uniform, q_uniform',
    ),
  ]);
});
