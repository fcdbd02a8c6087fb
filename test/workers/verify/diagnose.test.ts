import { expect, test } from 'vitest';
import { diagnose, type Evidence } from '../../../workers/verify/diagnose.ts';
import type { Suspect } from '../../../workers/verify/suspects.ts';
import type { Difference, SegmentRecord } from '../../../workers/verify/verdict.ts';

const row = (epoch: number, expected = 0.5, got = 0.6): Difference => ({
  kind: 'row',
  epoch,
  step: epoch * 5,
  metric: 'loss',
  expected,
  got,
});
const suspect = (kind: Suspect['kind'], what: string): Suspect => ({ kind, what, file: 'train.ts', line: 7 });
const segments: SegmentRecord[] = [
  { step: 0, epoch: 0, batch: 0, strike: { signal: 'SIGKILL', place: 'batch', step: 2 } },
  { step: 0, epoch: 0, batch: 0, strike: { signal: 'SIGUSR1', place: 'batch', step: 7 } },
  { step: 7, epoch: 1, batch: 2, strike: null },
];
const straight = (given: Partial<Evidence>): Evidence => ({
  between: 'straight runs',
  differences: [row(1)],
  suspects: [],
  environment: { intraOp: '1', interOp: '1', gpu: 'false' },
  warnings: [],
  segments: [],
  ...given,
});
const interrupted = (given: Partial<Evidence>): Evidence =>
  straight({ between: 'straight and interrupted', differences: [row(2)], segments, ...given });
const kinds = (evidence: Evidence): string[] => diagnose(evidence).map(({ kind }) => kind);

test('straight runs that differ: a clock and random numbers are named with their lines', () => {
  const suspects = [
    suspect('randomness', 'randomUUID'),
    suspect('clock', 'Date.now()'),
    suspect('loading', 'Math.random()'),
  ];
  const causes = diagnose(straight({ suspects }));
  expect(causes.map(({ kind }) => kind)).toEqual(['clock', 'randomness', 'randomness']);
  expect(causes[0]!.sentence).toContain('Date.now() at train.ts:7');
  expect(causes[1]!.sentence).toContain('randomUUID at train.ts:7');
  expect(causes[2]!.sentence).toMatch(/while the script is loaded.*train\.ts:7/);
});

test('straight runs that differ in the last bits, with nothing in the script: a kernel', () => {
  expect(kinds(straight({ differences: [row(1, 0.5, 0.500001)] }))).toEqual(['kernel']);
  expect(kinds(straight({}))).toEqual(['unknown']);
});

test('threads and a GPU make a kernel likely, beside what the script holds', () => {
  expect(kinds(straight({ environment: { intraOp: '4' } }))).toEqual(['kernel']);
  const suspects = [suspect('clock', 'Date.now()')];
  expect(kinds(straight({ suspects, environment: { gpu: 'true' } }))).toEqual(['clock', 'kernel']);
});

test('another thread count comes first', () => {
  const difference: Difference = { kind: 'environment', name: 'intraOp', expected: '1', got: '2' };
  const [cause] = diagnose(straight({ differences: [difference, row(1)] }));
  expect(cause).toMatchObject({
    kind: 'environment',
    sentence: expect.stringContaining('intraOp was 1, then 2') as string,
  });
  const warnings = ['resumed under intraOp 2, the checkpoint was made under 1: the results may differ'];
  expect(kinds(interrupted({ warnings }))[0]).toBe('environment');
});

test('interrupted runs that differ: own state, from the first resume that was not a new beginning', () => {
  const [cause] = diagnose(interrupted({ suspects: [suspect('state', 'let seen')] }));
  expect(cause!.kind).toBe('own state');
  expect(cause!.sentence).toContain('from the first resume, after step 7, in epoch 2, on');
  expect(cause!.sentence).toContain('look at let seen at train.ts:7');
  expect(diagnose(interrupted({ differences: [row(3)] }))[0]!.sentence).toContain('from epoch 3 on, not yet after');
});

test('a generator that stands elsewhere is told', () => {
  const state: Difference = { kind: 'state', name: 'random', expected: '[1]', got: '[2]' };
  expect(diagnose(interrupted({ differences: [row(2), state] }))[0]!.sentence).toContain('another number of times');
});

test('a run that fails after a resume', () => {
  const failure = (message: string): Difference => ({ kind: 'failure', step: 7, message });
  expect(kinds(interrupted({ differences: [failure('UnusableCheckpoint: …')] }))).toEqual(['checkpoint']);
  expect(kinds(interrupted({ differences: [failure('TrainerError: …')] }))).toEqual(['own state']);
});
