import { describe, expect, test } from 'vitest';
import { encodeSpace } from '../../../activities/samplers/encoded-space.ts';
import { observationOf } from '../../../activities/samplers/history.ts';
import type { Metric, SearchSpace } from '../../../activities/sweep-config/resolved-sweep.ts';
import type { TrialEnded } from '../../../workflows/messages.ts';
import { bayes, trialEnd } from './sweep-on-disk.ts';

const space: SearchSpace = { lr: { distribution: 'uniform', min: 0, max: 1 } };
const encoded = encodeSpace(space);
const observe = (end: Partial<TrialEnded>, metric: Partial<Metric> = {}) =>
  observationOf(
    encoded,
    bayes(space, { metric: { ...bayes(space).metric!, ...metric } }),
    trialEnd(3, { lr: 0.25 }, end),
  );

describe('a complete trial', () => {
  test('is its objective, to be minimised', () => {
    expect(observe({ objective: 2, step: 7 })).toMatchObject({ number: 3, state: 'complete', values: [2], step: 7 });
    expect(observe({ objective: 2 }, { goal: 'maximize' })?.values).toEqual([-2]);
  });

  test.each([
    ['nothing', {}],
    ['NaN, as rows write it', { metrics: { loss: 'NaN' } }],
    ['infinity', { objective: Infinity }],
    ['minus infinity, which no loss is', { objective: -Infinity }],
  ])('without a finite number is as bad as can be: %s', (_, end) => {
    expect(observe(end)).toMatchObject({ state: 'complete', values: [Infinity] });
    expect(observe(end, { goal: 'maximize' })?.values).toEqual([Infinity]);
  });
});

test('a failed trial is told as such, a cancelled one not at all, a pruned one with how far it came', () => {
  expect(observe({ state: 'failed', objective: 1 })).toMatchObject({ state: 'failed', values: [] });
  expect(observe({ state: 'cancelled', objective: 1 })).toBeNull();
  expect(observe({ state: 'pruned', step: 9 })).toMatchObject({ state: 'pruned', values: [Infinity], step: 9 });
});

test.each(['best', 'latest'] as const)('impute: %s takes the value that a failed or cancelled trial left', (impute) => {
  for (const state of ['failed', 'cancelled'] as const)
    expect(observe({ state, metrics: { loss: 4 } }, { impute })).toMatchObject({ state: 'complete', values: [4] });
  expect(observe({ state: 'failed' }, { impute })).toMatchObject({ state: 'failed' });
  expect(observe({ state: 'cancelled' }, { impute })).toBeNull();
});

test('a trial outside of the space teaches nothing', () => {
  expect(observationOf(encoded, bayes(space), trialEnd(1, { lr: 'fast' }, { objective: 1 }))).toBeNull();
});

test('several metrics, each by its goal', () => {
  const metrics = [
    { name: 'loss', goal: 'minimize' },
    { name: 'accuracy', goal: 'maximize' },
  ] as const;
  const sweep = bayes(space, { metric: null, metrics });
  expect(
    observationOf(encoded, sweep, trialEnd(1, { lr: 0.5 }, { metrics: { loss: 2, accuracy: 0.5 } }))?.values,
  ).toEqual([2, -0.5]);
  expect(observationOf(encoded, sweep, trialEnd(1, { lr: 0.5 }, { metrics: { loss: 2 } }))?.values).toEqual([
    2,
    Infinity,
  ]);
});
