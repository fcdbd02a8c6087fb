import fc from 'fast-check';
import { expect, test } from 'vitest';
import { propose } from '../../../activities/samplers/propose.ts';
import { onlyActive } from '../../../activities/sweep-config/conditions.ts';
import type { Json } from '../../../workflows/messages.ts';
import { sweepDirectory } from './setup.ts';

const { resolve, complain } = sweepDirectory();
const sweep = (conditions: string, method = 'random', more = ''): string => `program: train.py
method: ${method}
parameters:
  optimizer: { values: [sgd, adam, none] }
  momentum: { values: [0.5, 0.9] }
  nesterov: { values: [true, false] }
  layers: { min: 1, max: 3 }
  net: { parameters: { width: { values: [8, 16] }, depth: { value: 2 } } }
temporal: { conditions: ${conditions}${more} }
`;
const MOMENTUM = '{ momentum: { when: { optimizer: sgd } }, nesterov: { when: { momentum: 0.9 } } }';

test('a condition holds one value or several, of one parameter or several; a group stands for all in it', () => {
  expect(
    resolve(sweep('{ momentum: { when: { optimizer: [sgd, adam], layers: 2 } }, net: { when: { nesterov: true } } }'))
      .conditions,
  ).toEqual({
    momentum: [
      { parameter: 'optimizer', values: ['sgd', 'adam'] },
      { parameter: 'layers', values: [2] },
    ],
    'net/depth': [{ parameter: 'nesterov', values: [true] }],
    'net/width': [{ parameter: 'nesterov', values: [true] }],
  });
});

test.each([
  ['[momentum]', 'temporal.conditions: must be a mapping such as'],
  [
    '{ momentun: { when: { optimizer: sgd } } }',
    '9:27: temporal.conditions.momentun: is no parameter. Did you mean "momentum"?',
  ],
  ['{ momentum: sgd }', 'temporal.conditions.momentum: needs "when" with at least one parameter'],
  ['{ momentum: { when: {} } }', 'needs "when" with at least one parameter'],
  [
    '{ momentum: { when: { optimiser: sgd } } }',
    'conditions.momentum.when.optimiser: is no parameter. Did you mean "optimizer"?',
  ],
  [
    '{ momentum: { when: { optimizer: sdg } } }',
    'the text "sdg" is no value of that parameter. Allowed: "sgd", "adam", "none".',
  ],
  ['{ momentum: { when: { optimizer: [] } } }', 'must be a value, or a list of at least one.'],
  ['{ momentum: { when: { layers: 4 } } }', '4 is no value of that parameter. Allowed: integers from 1 to 3.'],
  [
    '{ momentum: { when: { nesterov: true } }, nesterov: { when: { momentum: 0.5 } } }',
    'conditions.momentum: depends on itself: momentum → nesterov → momentum.',
  ],
  ['{ momentum: { when: { momentum: 0.5 } } }', 'depends on itself: momentum → momentum.'],
])('conditions: %s', (conditions, expected) => {
  expect(complain(sweep(conditions))).toEqual([expect.stringContaining(expected)]);
});

test('a condition does not look at a continuous parameter', () => {
  const text = sweep('{ momentum: { when: { optimizer: 0.5 } } }').replace(
    '{ values: [sgd, adam, none] }',
    '{ min: 0.0, max: 1.0 }',
  );
  expect(complain(text)).toEqual([
    expect.stringContaining('is uniform. A condition looks at values, an int_uniform or a constant.'),
  ]);
});

test('an option of SLURM may not follow a parameter that some trials lack', () => {
  expect(complain(sweep(MOMENTUM, 'random', ', slurm: { mem: "${parameter:momentum}G" }'))).toEqual([
    expect.stringContaining('refers to "momentum", which is no parameter of every trial.'),
  ]);
});

test('a random trial has a parameter exactly when its condition holds, and the other values are as without conditions', () => {
  const [with_, without] = [resolve(sweep(MOMENTUM)), resolve(sweep('{}'))];
  const seen = new Set<string>();
  for (let number = 1; number <= 100; number++) {
    const trial = propose(with_, number)!;
    expect('momentum' in trial).toBe(trial['optimizer'] === 'sgd');
    expect('nesterov' in trial).toBe(trial['momentum'] === 0.9);
    expect(propose(without, number)).toMatchObject(trial);
    seen.add(Object.keys(trial).join());
  }
  expect(seen.size).toBe(3);
});

test('a grid counts points once that differ only in what a trial does not have', () => {
  const grid = resolve(sweep(MOMENTUM, 'grid'));
  // sgd: momentum 0.5, or 0.9 with nesterov true and false; adam and none: one each. Times layers, times width.
  expect(grid.size).toBe((1 + 2 + 1 + 1) * 3 * 2);
  const points = Array.from({ length: grid.size! }, (_, index) => JSON.stringify(propose(grid, index + 1)));
  expect(new Set(points).size).toBe(grid.size);
  expect(propose(grid, grid.size! + 1)).toBeNull();
  expect(JSON.parse(points[0]!)).toEqual({ layers: 1, momentum: 0.5, net: { depth: 2, width: 8 }, optimizer: 'sgd' });
});

test('a grid whose deciding parameters have too many combinations is refused', () => {
  const text = sweep('{ momentum: { when: { layers: 1 } } }', 'grid').replace('max: 3', 'max: 20000');
  expect(complain(text)).toEqual([expect.stringContaining('depend on more than 10000 combinations of values.')]);
});

test('the conditional grid is the product without its repetitions', () => {
  const value = fc.constantFrom(1, 2, 3);
  const requirement = (below: number) =>
    fc.record({
      parameter: fc.integer({ min: 0, max: below - 1 }).map((i) => `p${i}`),
      values: fc.uniqueArray(value, { minLength: 1 }),
    });
  const conditions = fc.tuple(...[1, 2, 3].map((i) => fc.array(requirement(i), { maxLength: 2 })));
  const base = resolve(sweep('{}', 'grid'));
  fc.assert(
    fc.property(conditions, (lists) => {
      const space = Object.fromEntries(
        [0, 1, 2, 3].map((i) => [`p${i}`, { distribution: 'int_uniform', min: 1, max: 3 } as const]),
      );
      const found = Object.fromEntries(lists.flatMap((list, i) => (list.length === 0 ? [] : [[`p${i + 1}`, list]])));
      const expected = new Set<string>();
      for (let index = 0; index < 81; index++) {
        const flat = [27, 9, 3, 1].map((place, i): [string, Json] => [`p${i}`, (Math.floor(index / place) % 3) + 1]);
        expected.add(JSON.stringify(Object.fromEntries(onlyActive(found, flat))));
      }
      const mine: string[] = [];
      for (let number = 1; ; number++) {
        const point = propose({ ...base, space, conditions: found }, number);
        if (point === null) break;
        mine.push(JSON.stringify(point));
      }
      expect(mine.toSorted()).toEqual([...expected].toSorted());
    }),
    { numRuns: 100 },
  );
});
