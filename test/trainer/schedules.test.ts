import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { advancePlateau, plateauRate, reduceOnPlateau } from '../../trainer/plateau.ts';
import { watch } from '../../trainer/monitor.ts';
import { constant, cosine, exponential, linear, oneCycle, step, warmUp } from '../../trainer/schedules.ts';

const at = (step: number) => ({ step, steps: 100, epoch: 0, epochs: 1 });

describe('schedules', () => {
  it('cosine: from max over the middle to min', () => {
    const schedule = cosine(0.1, { min: 0.02 });
    expect(schedule(at(0))).toBe(0.1);
    expect(schedule(at(50))).toBeCloseTo(0.06, 12);
    expect(schedule(at(100))).toBeCloseTo(0.02, 12);
    expect(cosine(1)(at(100))).toBe(0);
  });

  it('linear: a straight line', () => {
    expect([0, 25, 100].map((step) => linear(1, { min: 0.2 })(at(step)))).toEqual([1, 0.8, expect.closeTo(0.2, 12)]);
  });

  it('constant', () => {
    expect(constant(0.3)(at(77))).toBe(0.3);
  });

  const inEpoch = (epoch: number) => ({ step: epoch * 10, steps: 100, epoch, epochs: 10 });

  it('step: in stairs, at named epochs or every so many', () => {
    const named = step(1, { at: [2, 5], factor: 0.5 });
    expect([0, 1, 2, 4, 5, 9].map((epoch) => named(inEpoch(epoch)))).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
    const every = step(1, { every: 3, factor: 0.5 });
    expect([0, 2, 3, 6].map((epoch) => every(inEpoch(epoch)))).toEqual([1, 1, 0.5, 0.25]);
    expect(step(1, { every: 1 })(inEpoch(1))).toBe(0.1);
    expect(() => step(1, { every: 0 })).toThrow('step: {"every":0} must name whole numbers of epochs from 1 on');
  });

  it('exponential: by the factor with every epoch', () => {
    const schedule = exponential(1, { factor: 0.5 });
    expect([0, 1, 3].map((epoch) => schedule(inEpoch(epoch)))).toEqual([1, 0.5, 0.125]);
    expect(schedule({ ...inEpoch(1), step: 15 })).toBeCloseTo(0.5 ** 1.5, 12);
  });

  it('warmUp: rises to where the schedule begins, which then has the rest', () => {
    const schedule = warmUp(20, linear(1));
    expect([0, 9, 19, 20, 60].map((position) => schedule(at(position)))).toEqual([0.05, 0.5, 1, 1, 0.5]);
    expect(schedule(at(100))).toBe(0);
    expect(() => warmUp(0, linear(1))).toThrow('warmUp: steps is 0');
  });

  it('oneCycle: up to the peak, down to almost nothing', () => {
    const schedule = oneCycle(1, { start: 0.1, end: 0.01, peak: 0.4 });
    expect([0, 20, 40, 70, 100].map((position) => schedule(at(position)))).toEqual(
      [0.1, 0.55, 1, 0.505, 0.01].map((rate) => expect.closeTo(rate, 12) as unknown),
    );
    expect(oneCycle(1)(at(0))).toBeCloseTo(1 / 25, 12);
    expect(() => oneCycle(1, { peak: 1 })).toThrow('peak is 1, it must lie in (0, 1)');
  });
});

describe('reduceOnPlateau', () => {
  const start = { best: null, wait: 0, scale: 1 };
  const follow = (values: readonly number[], options: Parameters<typeof reduceOnPlateau>[1]) => {
    const plateau = reduceOnPlateau(0.8, options);
    let state: Parameters<typeof advancePlateau>[1] = start;
    return values.map((value) => {
      state = advancePlateau(plateau, state, value, 'minimize');
      return plateauRate(plateau, state, plateau.schedule(at(0)));
    });
  };

  it('lowers the rate after `patience` epochs without an improvement, and counts anew', () => {
    const values = [5, 4, 4, 4, 4, 4, 3, 3];
    expect(follow(values, { factor: 0.5, patience: 2 })).toEqual([0.8, 0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.2]);
  });

  it('never below min, which does not raise a lower schedule', () => {
    expect(follow([1, 1, 1, 1], { factor: 0.5, patience: 1, min: 0.3 })).toEqual([0.8, 0.4, 0.3, 0.3]);
    expect(follow([1, 1, 1], { factor: 0.5, patience: 1, min: 2 })).toEqual([0.8, 0.8, 0.8]);
  });

  it('NaN is no improvement', () => {
    expect(follow([Number.NaN, Number.NaN, 1, Number.NaN], { factor: 0.5, patience: 1 })).toEqual([0.4, 0.2, 0.2, 0.1]);
  });

  it('best is the best of all values, in either direction', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), fc.boolean(), (values, isMin) => {
        let state: { best: number | null; wait: number } = { best: null, wait: 0 };
        for (const value of values) state = watch(state, value, isMin ? 'minimize' : 'maximize', 0);
        expect(state.best! + 0).toBe((isMin ? Math.min(...values) : Math.max(...values)) + 0);
        expect(state.wait).toBeLessThan(values.length);
      }),
    );
  });
});
