/** Finite spaces: the nearest point that no trial has had yet. */
import type { EncodedSpace, Point } from './encoded-space.ts';

/** Equal for points of equal values; null for one that the space does not yield. */
export const keyOf = (space: EncodedSpace, point: Point): string | null =>
  space.encode(space.decode(point))?.join(' ') ?? null;

/**
 * Walks from `point` in steps of one value along one axis, nearest first, axes in their order. It costs as much as there
 * are used points around.
 * @returns null when every point is used: the space has ended.
 */
export function nearestUnseen(space: EncodedSpace, point: Point, isUsed: (key: string) => boolean): Point | null {
  const walk = [space.snap(point)];
  const met = new Set([walk[0]!.join(' ')]);
  for (const at of walk) {
    const key = keyOf(space, at);
    if (key !== null && !isUsed(key)) return at;
    for (const next of neighbours(space, at)) {
      const name = next.join(' ');
      if (met.has(name)) continue;
      met.add(name);
      walk.push(next);
    }
  }
  return null;
}

function neighbours(space: EncodedSpace, point: Point): Point[] {
  return space.axes.flatMap((axis, index) => {
    if (axis.kind === 'real') return [];
    if (axis.kind === 'choice') return axis.probabilities.map((_, choice) => moved(space, point, index, choice));
    const { low, high } = axis.cell(point[index]!);
    const beyond = (high - low) / 1_000; // any point inside of the next cell names it
    return [low - beyond, high + beyond].map((u) => moved(space, point, index, u));
  });
}

function moved(space: EncodedSpace, point: Point, index: number, coordinate: number): Point {
  const next = point.slice();
  next[index] = coordinate;
  return space.snap(next);
}
