import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { coordinatesOf } from '../../../activities/samplers/coordinates.ts';
import { encodeSpace } from '../../../activities/samplers/encoded-space.ts';
import { generator } from '../../../activities/samplers/generator.ts';
import { priorPoint } from '../../../activities/samplers/prior-point.ts';
import { createUnseen } from '../../../activities/samplers/unseen.ts';
import { distributions, spaces } from './spaces.ts';

test('a finite axis has as many coordinates as values, each in a cell of its own', () => {
  fc.assert(
    fc.property(distributions, (definition) => {
      const space = encodeSpace({ a: definition });
      const axis = space.axes[0];
      if (axis === undefined || axis.kind === 'real' || axis.count > 1e4) return;
      const coordinates = coordinatesOf(axis);
      const values = coordinates.map((u) => space.decode(Float64Array.of(u))['a']);
      expect(new Set(values).size).toBe(coordinates.length);
      for (const u of coordinates) expect(space.snap(Float64Array.of(u))[0]).toBeCloseTo(u, 12);
      if (definition.distribution === 'int_uniform' || axis.kind === 'choice') expect(values).toHaveLength(axis.count);
    }),
  );
});

test('again and again the nearest unseen point: all points once, then null', () => {
  fc.assert(
    fc.property(spaces, fc.nat(), (definition, seed) => {
      const space = encodeSpace(definition);
      fc.pre(space.size <= 500);
      const unseen = createUnseen(space);
      const random = generator('test', seed);
      const met = new Set<string>();
      for (;;) {
        const point = unseen.nearest(priorPoint(space, random));
        if (point === null) break;
        expect(unseen.has(point)).toBe(false);
        unseen.add(point);
        met.add(JSON.stringify(space.decode(point)));
      }
      const counts = space.axes.map((axis) => (axis.kind === 'real' ? Infinity : coordinatesOf(axis).length));
      expect(met.size).toBe(counts.reduce((product, count) => product * count, 1));
    }),
  );
});

test('nearest means steps before choices', () => {
  const space = encodeSpace({
    a: { distribution: 'int_uniform', min: 0, max: 9 },
    b: { distribution: 'categorical', values: ['a', 'b'] },
  });
  const unseen = createUnseen(space);
  const point = space.encode({ a: 4, b: 'a' })!;
  unseen.add(point);
  const next = unseen.nearest(point)!;
  expect(next[1]).toBe(0);
  expect(Math.abs(next[0]! - point[0]!)).toBeCloseTo(0.1, 12);
});

test('a point encoded from its values is the same point, and is forgotten only when removed as often as added', () => {
  const space = encodeSpace({
    q: { distribution: 'q_log_uniform_values', min: 0.5, max: 50, q: 0.25, integer: false },
  });
  const unseen = createUnseen(space);
  const point = space.snap(Float64Array.of(0.37));
  const again = space.encode(space.decode(point))!;
  unseen.add(point);
  unseen.add(again);
  unseen.remove(point);
  expect(unseen.has(again)).toBe(true);
  unseen.remove(again);
  expect(unseen.has(point)).toBe(false);
});

test('an infinite space remembers exact points, and has nothing else to offer', () => {
  const space = encodeSpace({ x: { distribution: 'uniform', min: 0, max: 1 } });
  const unseen = createUnseen(space);
  unseen.add(Float64Array.of(0.25));
  expect(unseen.has(Float64Array.of(0.25))).toBe(true);
  expect(unseen.nearest(Float64Array.of(0.25))).toEqual(Float64Array.of(0.25));
});
