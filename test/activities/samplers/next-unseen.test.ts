import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeSpace } from '../../../activities/samplers/encoded-space.ts';
import { generator } from '../../../activities/samplers/generator.ts';
import { priorPoint } from '../../../activities/samplers/prior-point.ts';
import { keyOf, nearestUnseen } from '../../../activities/samplers/next-unseen.ts';
import { spaces } from './spaces.ts';

test('every value of a finite space is found once, then none', () => {
  const finite = spaces.map(encodeSpace).filter(({ size }) => size <= 150);
  fc.assert(
    fc.property(finite, fc.nat(), (space, seed) => {
      const random = generator('test', seed);
      const used = new Set<string>();
      for (;;) {
        const point = nearestUnseen(space, priorPoint(space, random), (key) => used.has(key));
        if (point === null) break;
        const key = keyOf(space, point)!;
        expect(used.has(key)).toBe(false);
        used.add(key);
      }
      expect(used.size).toBe(space.size);
    }),
    { numRuns: 30 },
  );
});

test('an unseen point stays, a seen one moves by one value', () => {
  const space = encodeSpace({
    a: { distribution: 'int_uniform', min: 1, max: 9 },
    b: { distribution: 'categorical_w_probabilities', values: ['never', 'x'], probabilities: [0, 1] },
  });
  const point = space.encode({ a: 5, b: 'x' })!;
  expect(nearestUnseen(space, point, () => false)).toEqual(point);
  const next = nearestUnseen(space, point, (key) => key === keyOf(space, point))!;
  expect(space.decode(next)).toEqual({ a: 4, b: 'x' });
});
