import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Row } from '../../../trainer/protocol.ts';
import { encodeSafeTensors, type StoredTensor } from '../../../trainer/safetensors.ts';
import { compareRuns, type RunResult } from '../../../workers/verify/compare.ts';

interface Given {
  readonly losses?: readonly (number | 'NaN')[];
  readonly weights?: readonly number[];
  readonly state?: Readonly<Record<string, unknown>>;
  readonly shape?: readonly number[];
}

function run({ losses = [0.5, 0.25], weights = [1, 2, 3, 4], state = {}, shape = [weights.length] }: Given): RunResult {
  const rows = losses.map((loss, index): Row => ({ step: (index + 1) * 5, epoch: index + 1, metrics: { loss } }));
  const data = new Uint8Array(new Float32Array(weights).buffer);
  const bias: StoredTensor = { dtype: 'I32', shape: [], data: new Uint8Array(4) };
  const tensors = new Map<string, StoredTensor>([
    ['model/000/kernel', { dtype: 'F32', shape, data }],
    ['model/001/bias', bias],
  ]);
  const content = { version: 1, step: 10, environment: { intraOp: '1' }, ...state };
  return { rows, checkpoint: encodeSafeTensors({ tensors, metadata: { state: JSON.stringify(content) } }) };
}

test('the same runs have no difference, NaN included', () => {
  expect(compareRuns(run({ losses: [0.5, 'NaN'] }), run({ losses: [0.5, 'NaN'] }))).toEqual([]);
});

test('the first row that differs is named, with its metric', () => {
  expect(compareRuns(run({}), run({ losses: [0.5, 0.26] }))).toEqual([
    { kind: 'row', epoch: 2, step: 10, metric: 'loss', expected: 0.25, got: 0.26 },
  ]);
});

test('a row too few, or too many', () => {
  expect(compareRuns(run({}), run({ losses: [0.5] }))).toMatchObject([
    { kind: 'row', epoch: 2, metric: 'epoch', expected: 2, got: null },
  ]);
  expect(compareRuns(run({ losses: [0.5] }), run({}))).toMatchObject([{ epoch: 2, expected: null, got: 2 }]);
});

test('a tensor is compared by its bits: -0 is not 0', () => {
  expect(compareRuns(run({ weights: [1, 0, 3, 4] }), run({ weights: [1, -0, 3, 5] }))).toEqual([
    {
      kind: 'tensor',
      name: 'model/000/kernel',
      element: 1,
      expected: '0',
      got: '-0',
      differing: 2,
      elements: 4,
      tensors: [1, 2],
    },
  ]);
});

test('another shape is told as such', () => {
  expect(compareRuns(run({}), run({ shape: [2, 2] }))).toMatchObject([
    { kind: 'tensor', element: -1, expected: 'F32 [4]', got: 'F32 [2, 2]' },
  ]);
});

test('environment first, then rows, tensors, state', () => {
  const other = run({ losses: [1, 1], weights: [9, 9, 9, 9], state: { random: [1], environment: { intraOp: '2' } } });
  const found = compareRuns(run({ state: { random: [0] } }), other);
  expect(found.map(({ kind }) => kind)).toEqual(['environment', 'row', 'tensor', 'state']);
  expect(found[0]).toEqual({ kind: 'environment', name: 'intraOp', expected: '1', got: '2' });
  expect(found[3]).toEqual({ kind: 'state', name: 'random', expected: '[0]', got: '[1]' });
});

test('one changed element is found wherever it is', () => {
  const values = fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(values, fc.nat(), (weights, at) => {
      const element = at % weights.length;
      const changed = weights.with(element, weights[element] === 1 ? 2 : 1);
      const found = compareRuns(run({ weights }), run({ weights: changed }));
      expect(found).toMatchObject([{ kind: 'tensor', element, differing: 1 }]);
    }),
  );
});
