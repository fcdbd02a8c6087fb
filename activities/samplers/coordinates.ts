/** The coordinates that a point of a finite axis may have. */
import type { Axis } from './encoded-space.ts';

/** In order; choices that are never drawn are left out. */
export function coordinatesOf(axis: Exclude<Axis, { kind: 'real' }>): readonly number[] {
  if (axis.kind === 'choice')
    return axis.probabilities.flatMap((probability, index) => (probability > 0 ? [index] : []));
  const coordinates: number[] = [];
  for (let u = 0; ;) {
    const { low, high } = axis.cell(u);
    coordinates.push((low + high) / 2);
    if (!(high < 1 - 1e-9)) return coordinates;
    u = Math.max(high, u) + 1e-9; // inside the next cell, whatever was rounded
  }
}
