/** Which points of a space were proposed already, and what to propose instead. */
import { coordinatesOf } from './coordinates.ts';
import type { EncodedSpace, Point } from './encoded-space.ts';

export interface Unseen {
  /** Remembers a point; as often as it is added, it must be removed. */
  add(point: Point): void;
  remove(point: Point): void;
  has(point: Point): boolean;
  /**
   * The point itself, or the nearest never seen, where another choice is as far away as the other end of an axis. Null when
   * all were seen. A space of infinite size, or more than a million points, has no neighbours: there it is the point itself.
   */
  nearest(point: Point): Point | null;
  /** What `propose` gives, moved to the nearest point that neither was seen nor is under way, where there is one. */
  apartFrom(pending: readonly Point[], propose: () => Point): Point;
}

const MOST_POINTS = 1e6;

export function createUnseen(space: EncodedSpace): Unseen {
  const seen = new Map<number | string, number>();
  const finite = space.size <= MOST_POINTS;
  const coordinates = finite ? space.axes.map((axis) => (axis.kind === 'real' ? [] : coordinatesOf(axis))) : [];
  const size = coordinates.reduce((product, { length }) => product * length, 1);
  const has = (point: Point): boolean => seen.has(keyOf(point));

  /** The number of the point; coordinates that were encoded from values differ in their last bits. */
  function keyOf(point: Point): number | string {
    if (!finite) return point.join();
    return coordinates.reduce((key, all, axis) => key * all.length + nearestIndex(all, point[axis]!), 0);
  }

  const unseen: Unseen = {
    add(point) {
      const key = keyOf(point);
      seen.set(key, (seen.get(key) ?? 0) + 1);
    },
    remove(point) {
      const key = keyOf(point);
      const times = seen.get(key) ?? 0;
      if (times > 1) seen.set(key, times - 1);
      else seen.delete(key);
    },
    has,
    nearest(point) {
      if (!finite || !has(point)) return point;
      if (seen.size >= size) return null;
      const moves = coordinates.map((all, axis) => {
        const from = point[axis]!;
        const ordered = space.axes[axis]!.kind === 'step';
        const withDistance = all.map((to) => ({ to, far: ordered ? Math.abs(to - from) : Number(to !== from) }));
        return withDistance.sort((one, other) => one.far - other.far);
      });
      return nearestWhere((other) => !has(other), moves);
    },
    apartFrom(pending, propose) {
      for (const point of pending) unseen.add(point);
      try {
        const point = propose();
        return unseen.nearest(point) ?? point;
      } finally {
        for (const point of pending) unseen.remove(point);
      }
    },
  };
  return unseen;
}

interface Move {
  readonly to: number;
  readonly far: number;
}

/** Goes through the moves of axis after axis, nearest first, and turns back where nothing nearer can follow. */
function nearestWhere(accept: (point: Point) => boolean, moves: readonly (readonly Move[])[]): Point | null {
  const point = new Float64Array(moves.length);
  let best: Point | null = null;
  let least = Infinity;
  const visit = (axis: number, sum: number): void => {
    if (axis === moves.length) {
      if (accept(point)) [best, least] = [Float64Array.from(point), sum];
      return;
    }
    for (const { to, far } of moves[axis]!) {
      if (sum + far >= least) return;
      point[axis] = to;
      visit(axis + 1, sum + far);
    }
  };
  visit(0, 0);
  return best;
}

function nearestIndex(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! + sorted[middle + 1]! < 2 * value) low = middle + 1;
    else high = middle;
  }
  return low;
}
