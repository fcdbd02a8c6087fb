import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeSpace } from '../../../activities/samplers/encoded-space.ts';
import { generator } from '../../../activities/samplers/generator.ts';
import { priorPoint } from '../../../activities/samplers/prior-point.ts';
import { checkGiven, complete } from '../../../activities/sweep-config/given.ts';
import type { SearchSpace } from '../../../activities/sweep-config/resolved-sweep.ts';
import { readStartInput } from '../../../activities/sweep-config/start-input.ts';
import { spaces } from '../samplers/spaces.ts';

const space: SearchSpace = {
  lr: { distribution: 'log_uniform_values', min: 1e-4, max: 0.1 },
  units: { distribution: 'int_uniform', min: 16, max: 512 },
  kind: { distribution: 'categorical', values: ['adam', null, 3] },
  epochs: { distribution: 'constant', value: 20 },
  'model/dropout': { distribution: 'q_uniform', min: 0, max: 0.5, q: 0.1, integer: false },
  'model/scale': { distribution: 'log_normal', mu: 0, sigma: 1 },
};

describe('what a user gives', () => {
  test('may be part of it, nested or by path', () => {
    expect(checkGiven(space, {})).toEqual({ ok: true, hyperparameters: {} });
    const hyperparameters = { lr: 0.01, model: { dropout: 0.3 }, kind: null, epochs: 20 };
    expect(checkGiven(space, hyperparameters)).toEqual({ ok: true, hyperparameters });
    expect(checkGiven(space, { 'model/dropout': 0.3 })).toEqual({
      ok: true,
      hyperparameters: { model: { dropout: 0.3 } },
    });
  });

  test.each([
    [{ lr: 1 }, 'lr must be a number from 0.0001 to 0.1, not 1.'],
    [{ lr: '0.01' }, 'lr must be a number from 0.0001 to 0.1, not "0.01".'],
    [{ lr: Infinity }, 'lr must be a number from 0.0001 to 0.1, not null.'],
    [{ units: 17.5 }, 'units must be a whole number from 16 to 512, not 17.5.'],
    [{ kind: 'sgd' }, 'kind must be one of "adam",null,3, not "sgd".'],
    [{ epochs: 30 }, 'epochs must be 20, as it is constant here, not 30.'],
    [{ model: { dropout: 0.25 } }, 'model/dropout must be a multiple of 0.1 from 0 to 0.5, not 0.25.'],
    [{ model: { scale: -1 } }, 'model/scale must be a number from 0, not -1.'],
    [{ unit: 16 }, 'unit is not a key known here. Did you mean "units"? Allowed: lr, units,'],
    [{ model: 3 }, 'model is not a key known here.'],
    [[1], 'hyperparameters are given as an object'],
  ])('%j is refused', (given, message) => {
    expect(checkGiven(space, given)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });

  test('what a sampler proposes could be given as well, whole or in part', () => {
    fc.assert(
      fc.property(spaces, fc.nat(), (any, seed) => {
        const encoded = encodeSpace(any);
        const random = generator('given', seed);
        const [one, other] = [priorPoint(encoded, random), priorPoint(encoded, random)].map((point) =>
          encoded.decode(point),
        );
        expect(checkGiven(any, one)).toEqual({ ok: true, hyperparameters: one });
        expect(complete({ space: any, conditions: {} }, one!, other!)).toEqual(one);
        expect(complete({ space: any, conditions: {} }, {}, other!)).toEqual(other);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what a sweep is started with', () => {
  test('is sweep.yaml, or sweep.yaml and the sweep to learn from', () => {
    expect(readStartInput('a.yaml')).toEqual({ ok: true, source: 'a.yaml', from: null });
    expect(readStartInput({ method: 'random' })).toEqual({ ok: true, source: { method: 'random' }, from: null });
    expect(readStartInput({ sweep: 'a.yaml', from: 'lr-1' })).toEqual({ ok: true, source: 'a.yaml', from: 'lr-1' });
  });

  test.each(['../lr-1', 'a/b', '', 3, ['lr']])('P14: %j is no sweep to start from', (from) => {
    expect(readStartInput({ sweep: 'a.yaml', from })).toMatchObject({ ok: false });
  });
});
