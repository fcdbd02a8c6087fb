import { join } from 'node:path';
import { expect, test } from 'vitest';
import { argumentsJson, needsArgumentsFile, renderCommand } from '../../../activities/sweep-config/command.ts';
import { pythonJson, pythonNumber, pythonRepr } from '../../../activities/sweep-config/python.ts';
import { around, sweepDirectory } from './setup.ts';

const { directory, resolve, complain, read } = sweepDirectory();
const program = join(directory, 'train.py');
const withCommand = (command: string, parameters = '{a: {value: 1}}') =>
  resolve(`${around(parameters)}command: ${command}\n`);

test("the walkthrough's command", () => {
  const sweep = withCommand(
    '["${env}", python, "${program}", "${args}"]',
    '{lr_max: {min: 0.001, max: 0.1}, epochs: {value: 20}}',
  );
  expect(renderCommand(sweep, { lr_max: 0.002046505897436452, epochs: 20 })).toEqual([
    '/usr/bin/env',
    'python',
    program,
    '--epochs=20',
    '--lr_max=0.002046505897436452',
  ]);
});

test.each([
  ['train.py', ['python3']],
  ['train.ts', ['node']],
  ['launch.sh', ['bash']],
])('the default command runs %s by its extension', (name, interpreter) => {
  const sweep = resolve(around('{a: {value: 1}}').replace('train.py', name));
  expect(renderCommand(sweep, { a: 1 })).toEqual([...interpreter, join(directory, name), '--a=1']);
});

const PARAMETERS =
  '{f: {value: 5.0}, i: {value: 5}, s: {value: "a b"}, yes: {value: true}, no: {value: false}, none: {value: null}}';
const VALUES = { f: 5, i: 5, s: 'a b', yes: true, no: false, none: null };
test.each([
  ['${args}', ['--f=5.0', '--i=5', '--no=False', '--none=None', '--s=a b', '--yes=True']],
  ['${args_no_equals}', ['--f', '5.0', '--i', '5', '--no', 'False', '--none', 'None', '--s', 'a b', '--yes', 'True']],
  ['${args_no_hyphens}', ['f=5.0', 'i=5', 'no=False', 'none=None', 's=a b', 'yes=True']],
  ['${args_no_boolean_flags}', ['--f=5.0', '--i=5', '--none=None', '--s=a b', '--yes']],
  ['${args_append_hydra}', ['+f=5.0', '+i=5', '+no=False', '+none=None', '+s=a b', '+yes=True']],
  ['${args_override_hydra}', ['++f=5.0', '++i=5', '++no=False', '++none=None', '++s=a b', '++yes=True']],
  ['${args_json}', ['{"f": 5.0, "i": 5, "no": false, "none": null, "s": "a b", "yes": true}']],
])('%s', (macro, expected) => {
  expect(renderCommand(withCommand(`[x, "${macro}"]`, PARAMETERS), VALUES)).toEqual(['x', ...expected]);
});

test('${args_json_file} is the path of a file with the same text as ${args_json}', () => {
  const sweep = withCommand('[x, "${args_json_file}"]', PARAMETERS);
  expect(needsArgumentsFile(sweep)).toBe(true);
  expect(needsArgumentsFile(withCommand('[x, "${args_json}"]'))).toBe(false);
  expect(renderCommand(sweep, VALUES, { argumentsFile: '/t/arguments.json' })).toEqual(['x', '/t/arguments.json']);
  expect(renderCommand(withCommand('["${args_json}"]', PARAMETERS), VALUES)).toEqual([argumentsJson(sweep, VALUES)]);
  expect(() => renderCommand(sweep, VALUES)).toThrow('no file was given for ${args_json_file}');
});

test('nested parameters and lists are printed as Python prints them', () => {
  const sweep = withCommand(
    '["${args}", "${args_json}"]',
    '{opt: {parameters: {lr: {min: 0.0, max: 1.0}, name: {value: "it\'s"}, n: {value: 1}}}, l: {value: [1.0, 2.0]}}',
  );
  expect(renderCommand(sweep, { opt: { lr: 1, name: "it's", n: 1 }, l: [1, 2] })).toEqual([
    '--l=[1.0, 2.0]',
    `--opt={'lr': 1.0, 'name': "it's", 'n': 1}`,
    `{"l": [1.0, 2.0], "opt": {"lr": 1.0, "name": "it's", "n": 1}}`,
  ]);
});

test('environment variables: inside a word, unset ones become their name', () => {
  const sweep = withCommand('["--x=${envvar:HOST}:${envvar:PORT}"]');
  expect(renderCommand(sweep, { a: 1 }, { environment: { HOST: 'h' } })).toEqual(['--x=h:PORT']);
  expect(() => renderCommand(sweep, { a: 1 })).toThrow('no environment was given for ${envvar:HOST}');
});

test('values are never taken for macros', () => {
  const sweep = withCommand('["${args}"]');
  expect(renderCommand(sweep, { a: '${envvar:HOME} $(id) `id`' }, { environment: { HOME: '/root' } })).toEqual([
    '--a=${envvar:HOME} $(id) `id`',
  ]);
});

test('templates that would not do what they say', () => {
  expect(complain(`${around('{a: {value: 1}}')}command: [x, "\${argz}"]`)).toEqual([
    expect.stringContaining('${argz} is no macro known here'),
  ]);
  expect(complain('method: random\nparameters: {a: {value: 1}}\ncommand: [x, "${program}"]')).toEqual([
    expect.stringContaining('there is no "program"'),
  ]);
  const result = read(`${around('{a: {value: 1}}')}command: [x, "--p=\${program}"]`);
  expect(result).toMatchObject({ ok: true, warnings: [expect.stringContaining('passed on as it stands') as string] });
});

test.each([
  [5, true, '5.0'],
  [5, false, '5'],
  [1e-5, true, '1e-05'],
  [0.0001, true, '0.0001'],
  [1.5e-7, true, '1.5e-07'],
  [1e15, true, '1000000000000000.0'],
  [1e16, true, '1e+16'],
  [1.2345678901234568e17, false, '1.2345678901234568e+17'],
  [1e22, false, '1e+22'],
  [0.1, false, '0.1'],
  [0, true, '0.0'],
  [-0, true, '-0.0'],
  [-0, false, '0'],
  [5e-324, true, '5e-324'],
  [-2.5, true, '-2.5'],
])('the number %s, float: %s', (value, float, expected) => {
  expect(pythonNumber(value, float)).toBe(expected);
});

test('texts inside lists and JSON', () => {
  const none = () => false;
  expect(pythonRepr(["it's", 'a"b', 'both \' "', 'tab\t\u0001é\\'], none)).toBe(
    String.raw`["it's", 'a"b', 'both \' "', 'tab\t\x01é\\']`,
  );
  expect(pythonJson({ a: true, b: null, c: [1, 'é\u2028'] }, none)).toBe(
    String.raw`{"a": true, "b": null, "c": [1, "\u00e9\u2028"]}`,
  );
});
