import { describe, expect, it } from 'vitest';
import { constant, cosine, linear } from '../../trainer/schedules.ts';

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
});
