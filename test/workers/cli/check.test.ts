import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkSweep, renderChecked } from '../../../workers/cli/checked.ts';

const directory = mkdtempSync(join(tmpdir(), 'sweep-check-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
writeFileSync(join(directory, 'train.py'), '');

const write = (text: string): string => {
  const file = join(directory, 'sweep.yaml');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
};
const check = (text: string, strict = false) => checkSweep(write(text), { baseDirectory: directory, strict });
const told = (text: string, strict = false): string =>
  renderChecked(check(text, strict)).replaceAll(`${directory}/`, '');

const GRID = `program: train.py
method: grid
metric: { name: loss, goal: maximize }
parameters:
  optimizer: { values: [sgd, adam] }
  momentum: { values: [0.0, 0.9] }
  epochs: { value: 20 }
  net: { parameters: { width: { min: 1, max: 2 } } }
  note: { value: a b }
temporal:
  conditions: { momentum: { when: { optimizer: sgd } } }
`;

test('a sweep is told as table, first trials and first command line', () => {
  expect(told(`${GRID}projekt: p\n`)).toBe(`method grid; maximize loss; 6 trials; seed 0

parameter  distribution  values         only when
epochs     constant      20
momentum   categorical   0.0, 0.9       optimizer is "sgd"
net/width  int_uniform   1 to 2
note       constant      'a b'
optimizer  categorical   'sgd', 'adam'

trial  epochs  momentum  net/width  note   optimizer
1      20      0.0       1          'a b'  'sgd'
2      20      0.0       2          'a b'  'sgd'
3      20      0.9       1          'a b'  'sgd'
4      20      0.9       2          'a b'  'sgd'
5      20      -         1          'a b'  'adam'
6      20      -         2          'a b'  'adam'

trial 1 runs: python3 train.py --epochs=20 --momentum=0.0 '--net={'\\''width'\\'': 1}' '--note=a b' --optimizer=sgd

warning: sweep.yaml:12:1: projekt: is no key of sweep.yaml and has no effect. Did you mean "project"? Allowed: method, metric, metrics, parameters, early_terminate, name, program, command, run_cap, temporal, description, project, entity, job, image_uri, apiVersion, kind, controller, settings, scheduler.`);
});

test('every distribution has a line, and an endless sweep ten trials', () => {
  const checked = check(`program: train.py
method: random
parameters:
  a: { distribution: q_normal, sigma: 2, q: 0.5 }
  b: { distribution: q_beta, a: 2 }
  c: { values: [x, y], probabilities: [0.25, 0.75] }
  d: { distribution: log_uniform_values, min: 1e-5, max: 1.0 }
`);
  expect(checked).toMatchObject({ ok: true, sweep: { size: null } });
  expect(checked.ok && checked.proposals).toHaveLength(10);
  const text = renderChecked(checked);
  expect(text).toContain('method random; no metric; no end; seed 0');
  expect(text).toMatch(/a +q_normal +mu 0, sigma 2, steps of 0\.5/);
  expect(text).toMatch(/b +q_beta +a 2, b 1, steps of 1/);
  expect(text).toMatch(/c +categorical_w_probabilities +'x' \(0\.25\), 'y' \(0\.75\)/);
  expect(text).toMatch(/d +log_uniform_values +1e-05 to 1\.0/);
});

test(
  'the command exits with 0, and with 1 where the sweep would be refused or strict makes it so',
  { timeout: 60_000 },
  async () => {
    const run = (...words: string[]) =>
      new Promise<{ code: unknown; output: string }>((resolve) => {
        execFile(process.execPath, ['--import', 'tsx', 'workers/cli.ts', 'check', ...words], (error, stdout) =>
          resolve({ code: error === null ? 0 : error.code, output: stdout }),
        );
      });
    const file = write(`${GRID}projekt: p\n`);
    const [loose, strict] = await Promise.all([run(file, '--json'), run(file, '--strict')]);
    expect(loose.code).toBe(0);
    const json = JSON.parse(loose.output) as Record<string, unknown>;
    expect(json).toMatchObject({ ok: true, sweep: { size: 6 } });
    expect(json['sweep']).not.toHaveProperty('identity');
    expect(strict.code).toBe(1);
    expect(strict.output).toMatch(/^error: .*:12:1: projekt: is no key of sweep\.yaml/);
  },
);
