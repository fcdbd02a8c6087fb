/** A point drawn from the search space itself: what model-based samplers begin with. */
import type { EncodedSpace, Point } from './encoded-space.ts';
import type { Generator } from './generator.ts';

export function priorPoint(space: EncodedSpace, random: Generator): Point {
  const point = Float64Array.from(space.axes, (axis) => {
    const u = random();
    if (axis.kind !== 'choice') return u;
    let rest = u;
    return axis.probabilities.findIndex((probability) => (rest -= probability) < 0);
  });
  return space.snap(point);
}
