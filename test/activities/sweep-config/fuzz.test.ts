import fc from 'fast-check';
import { expect, test } from 'vitest';
import { propose } from '../../../activities/samplers/propose.ts';
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
temporal: {seed: 1, slurm: {time: 0:10}}
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
    const proposal = propose(result.sweep, 1);
    expect(proposal).toEqual(JSON.parse(JSON.stringify(proposal)));
  } else {
    expect(result.problems.length).toBeGreaterThan(0);
    for (const problem of result.problems) expect(problem.text).toMatch(/\S.*[.)?]\W*$/s);
  }
}

test('a mutilated sweep.yaml is read or refused with a sentence', () => {
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

test('so are any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => judge(read(bytes))),
    { numRuns: 100 },
  );
});

test('so is any inline value', () => {
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
      method: fc.constantFrom('random', 'grid'),
      program: fc.constant('train.py'),
      parameters,
      temporal: fc.anything(),
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
