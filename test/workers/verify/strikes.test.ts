import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planStrikes } from '../../../workers/verify/strikes.ts';

test('as many as wanted, in order, inside the training, repeatable; all three signals take part', () => {
  const counts = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(fc.nat(), counts, fc.integer({ min: 1, max: 500 }), (seed, kills, steps) => {
      const strikes = planStrikes(seed, kills, steps);
      const at = strikes.map(({ step }) => step);
      expect(strikes).toHaveLength(kills);
      expect(at).toEqual(at.toSorted((left, right) => left - right));
      expect(at.every((step) => step >= 1 && step <= steps)).toBe(true);
      expect(strikes.filter(({ step, signal }) => step === steps && signal !== 'SIGKILL')).toEqual([]);
      expect(planStrikes(seed, kills, steps)).toEqual(strikes);
    }),
  );
  expect(new Set(planStrikes(1, 6, 1000).map(({ signal }) => signal)).size).toBe(3);
});
