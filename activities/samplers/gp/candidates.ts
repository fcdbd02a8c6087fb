/** Where the search for a proposal begins: points that fill the cube evenly, and variations of the best ones observed. */
import type { EncodedSpace, Point } from '../encoded-space.ts';
import type { Generator } from '../generator.ts';
import { priorPoint } from '../prior-point.ts';
import { MOST_AXES, scramble, scrambledSobol, sobol } from '../sobol/sequence.ts';

/** The sweep's own Sobol sequence. @param index from 0. */
export const startUpPoint = (space: EncodedSpace, seed: number, index: number, random: Generator): Point =>
  evenPoint(space, (axis) => scrambledSobol(index, axis, seed), random);

/** The first `count` points of a Sobol sequence that is scrambled anew. */
export function evenPoints(space: EncodedSpace, count: number, random: Generator): Point[] {
  const seeds = space.axes.map(() => Math.floor(random() * 2 ** 32));
  return Array.from({ length: count }, (_, index) =>
    evenPoint(space, (axis) => (scramble(sobol(index, axis), seeds[axis]!) + 0.5) * 2 ** -32, random),
  );
}

/** Axes beyond the sequence's table are drawn independently. */
function evenPoint(space: EncodedSpace, coordinate: (axis: number) => number, random: Generator): Point {
  let next = 0;
  return priorPoint(space, () => {
    const axis = next++;
    return axis < MOST_AXES ? coordinate(axis) : random();
  });
}

/** A point with about three coordinates changed: by up to 1.5 spreads, or to any other choice. */
export function variation(space: EncodedSpace, point: Point, spread: number, random: Generator): Point {
  const count = space.axes.length;
  const always = Math.floor(random() * count);
  const anywhere = priorPoint(space, random);
  return space.snap(
    point.map((u, axis) => {
      const offset = spread * (random() + random() + random() - 1.5);
      if (random() >= 3 / count && axis !== always) return u;
      return space.axes[axis]!.kind === 'choice' ? anywhere[axis]! : u + offset;
    }),
  );
}
