import fc from 'fast-check';
import { expect, test } from 'vitest';
import { propose } from '../../../activities/samplers/propose.ts';
import { renderCommand } from '../../../activities/sweep-config/command.ts';
import { sweepDirectory } from './setup.ts';

const { read, inline } = sweepDirectory();

const SEED_TEXT = `method: random
program: train.py
metric: {name: loss, goal: minimize}
parameters:
  lr: {distribution: log_uniform_values, min: 1e-3, max: 1e-1}
  n: &n {min: 1, max: 5}
  m: *n
  c: {values: [a, 1, 2.0, true], probabilities: [0.25, 0.25, 0.25, 0.25]}
  g: {parameters: {d: {distribution: q_beta, a: 2, q: 0.1}, e: {distribution: log_uniform, min: -1, max: 1}}}
early_terminate: {type: hyperband, max_iter: 27, s: 2}
scheduler: {engine: wandb}
command: ["\${env}", "\${interpreter}", "\${program}", "\${args_json_file}"]
temporal:
  seed: 1
  slurm: {time: 0:10, mem: "\${parameter:n}G"}
  sampler: {name: random}
  conditions: {m: {when: {c: [a, 1]}}, g: {when: {m: 2}}}
run_cap: 5
`;
const WORDS = [
  'values',
  'value',
  'min',
  'max',
  'q',
  'parameters',
  'distribution',
  'when',
  'grid',
  'bayes',
  '[',
  ']',
  '{',
  '}',
  ':',
  '&n ',
  '*n',
  '<<: ',
  '- ',
  '\n',
  '  ',
  '1',
  '1.0',
  '-1',
  '.nan',
  'null',
  '"',
  "'",
  '!',
  '%',
  '|',
  '\t',
  '#',
  ', ',
  '---',
  '\u0000',
  '\uFEFF',
  '__proto__',
];

/** Either a sweep that proposes, or at least one sentence. */
function judge(result: ReturnType<typeof read>): void {
  if (result.ok) {
    const { method, temporal } = result.sweep;
    if (method !== 'grid' && (temporal.sampler.name === 'auto' ? method : temporal.sampler.name) !== 'random') return;
    const proposal = propose(result.sweep, 1);
    expect(proposal).toEqual(JSON.parse(JSON.stringify(proposal)));
    expect(renderCommand(result.sweep, proposal!, { environment: {}, argumentsFile: 'f' }).length).toBeGreaterThan(0);
  } else {
    expect(result.problems.length).toBeGreaterThan(0);
    for (const problem of result.problems) expect(problem.text).toMatch(/\S.*[.)?]\W*$/s);
  }
}

test('a mutilated sweep.yaml is read or refused with a sentence', { timeout: 60_000 }, () => {
  const edit = fc.record({
    at: fc.nat(SEED_TEXT.length),
    cut: fc.nat(20),
    put: fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 4 })),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = SEED_TEXT;
      for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
      judge(read(text));
    }),
    { numRuns: 150 },
  );
});

test('so are any bytes', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => judge(read(bytes))),
    { numRuns: 150 },
  );
});

test('so is any inline value', { timeout: 60_000 }, () => {
  const parameters = fc.dictionary(
    fc.constantFrom('a', 'b-c', 'parameters', '1'),
    fc.dictionary(
      fc.constantFrom('values', 'value', 'min', 'max', 'q', 'distribution', 'mu', 'parameters'),
      fc.anything(),
    ),
  );
  const source = fc.oneof(
    fc.anything(),
    fc.record({
      method: fc.constantFrom('random', 'grid', 'bayes', 'custom'),
      metric: fc.anything(),
      metrics: fc.anything(),
      early_terminate: fc.anything(),
      program: fc.constant('train.py'),
      parameters,
      temporal: fc.oneof(fc.anything(), fc.record({ conditions: fc.anything(), sampler: fc.anything() })),
    }),
  );
  fc.assert(
    fc.property(source, fc.boolean(), (value, allowInline) => {
      fc.pre(typeof value !== 'string');
      judge(inline(value, allowInline));
    }),
    { numRuns: 150 },
  );
});
