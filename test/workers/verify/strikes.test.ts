import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planStrikes, signalAt } from '../../../workers/verify/strikes.ts';

test('as many as wanted, in order, inside the training, repeatable', () => {
  const training = fc.record({
    batches: fc.integer({ min: 1, max: 50 }),
    epochs: fc.integer({ min: 1, max: 10 }),
    evaluations: fc.nat({ max: 5 }),
  });
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 60 }),
      training,
      (seed, kills, { batches, epochs, evaluations }) => {
        const given = { steps: batches * epochs, epochs, evaluations };
        const strikes = planStrikes(seed, kills, given);
        const at = strikes.map(({ step }) => step);
        expect(strikes).toHaveLength(kills);
        expect(at).toEqual(at.toSorted((left, right) => left - right));
        expect(at.every((step) => step >= 1 && step <= given.steps)).toBe(true);
        for (const { place, step, nth } of strikes.filter((strike) => strike.place === 'evaluation')) {
          expect([place, step % batches, nth >= 1 && nth <= evaluations]).toEqual(['evaluation', 0, true]);
        }
        expect(planStrikes(seed, kills, given)).toEqual(strikes);
      },
    ),
  );
});

test('every signal comes at every place; without an evaluation, none there', () => {
  const pairs = (evaluations: number): string[] =>
    planStrikes(1, 12, { steps: 1000, epochs: 10, evaluations }).map(({ place, signal }) => `${place} ${signal}`);
  const places = ['batch', 'checkpoint', 'evaluation'];
  const signals = ['SIGKILL', 'SIGTERM', 'SIGUSR1'];
  const all = (of: string[]): string[] => of.flatMap((place) => signals.map((signal) => `${place} ${signal}`));
  expect([...new Set(pairs(2))].toSorted()).toEqual(all(places));
  expect([...new Set(pairs(0))].toSorted()).toEqual(all(places.slice(0, 2)));
});

test('behind the last batch it is SIGKILL, whatever was planned', () => {
  const strike = { place: 'checkpoint', step: 3, nth: 1, signal: 'SIGTERM' } as const;
  expect([3, 9, 10].map((at) => signalAt(strike, at, 10))).toEqual(['SIGTERM', 'SIGTERM', 'SIGKILL']);
});
