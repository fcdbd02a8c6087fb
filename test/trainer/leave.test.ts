import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mustLeave, secondsNeeded, tooLate } from '../../trainer/leave.ts';
import type { NoticeCause } from '../../trainer/protocol.ts';

const seconds = fc.double({ min: 0, max: 10_000, noNaN: true });
const measured = fc.record({ batchSeconds: seconds, writeSeconds: seconds });
const others = fc.constantFrom<NoticeCause>('preemption', 'cancel', 'pause', 'stop', 'prune');

describe('whether a notice means to leave', () => {
  it('nothing but a time limit gives time, and an unknown end gives none', () => {
    fc.assert(
      fc.property(others, fc.option(seconds), measured, (cause, left, pace) => {
        expect(mustLeave(cause, left, pace)).toBe(true);
        expect(mustLeave('limit', null, pace)).toBe(true);
      }),
    );
  });

  it('a minute ahead of a small checkpoint it goes on', () => {
    expect(mustLeave('limit', 60, { batchSeconds: 0.1, writeSeconds: 0.1 })).toBe(false);
    expect(mustLeave('limit', 60, { batchSeconds: 0.1, writeSeconds: 30 })).toBe(true);
  });

  it('never goes on when a batch and a checkpoint do not fit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), measured, (part, pace) => {
        const left = part * (pace.batchSeconds + pace.writeSeconds);
        expect(mustLeave('limit', left, pace)).toBe(true);
      }),
    );
  });

  it('leaves while a checkpoint still fits, if no batch takes twice what was measured', () => {
    const factors = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 20 });
    const quick = fc.record({ batchSeconds: fc.double({ min: 1, max: 100, noNaN: true }), writeSeconds: seconds });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 5_000, noNaN: true }), quick, factors, (spare, pace, slower) => {
        let left = secondsNeeded(pace) + spare;
        for (let batch = 0; !mustLeave('limit', left, pace); batch += 1)
          left -= slower[batch % slower.length]! * pace.batchSeconds;
        expect(left).toBeGreaterThan(pace.writeSeconds);
      }),
    );
  });

  it('a checkpoint that takes longer than what is left is told, with the one that stands', () => {
    expect(tooLate(2, { batchSeconds: 1, writeSeconds: 9 }, 40)).toMatch(
      /ends in 2\.0 s .* takes 9\.0 s.* step 40 stands/,
    );
    expect(tooLate(10, { batchSeconds: 1, writeSeconds: 9 }, 40)).toBeNull();
    expect(tooLate(null, { batchSeconds: 1, writeSeconds: 9 }, 40)).toBeNull();
  });
});
