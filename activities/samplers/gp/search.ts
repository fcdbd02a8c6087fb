/** Where a function of the cube is highest: many points are compared, the best ones climb. */
import { coordinatesOf } from '../coordinates.ts';
import type { EncodedSpace, Point } from '../encoded-space.ts';
import { minimise, type Bounds, type Differentiable, type Enough } from './minimise.ts';

/** The function to be maximised. */
export interface Height {
  /** −Infinity where the answer must not lie. */
  at(point: Point): number;
  /** Its value anywhere, with derivatives by the real axes, in their order. */
  differentiate(point: Point, gradient: Float64Array): number;
}

/** The answer is the highest point found. Of the candidates only the best climb, of `also` all. */
export type Search = (height: Height, candidates: readonly Point[], also: readonly Point[]) => Point;

interface Place {
  readonly point: Point;
  readonly value: number;
}

/** Candidates that climb. */
const CLIMBERS = 4;
const ROUNDS = 10;
const ENOUGH: Enough = { turns: 20, slope: 1e-3, gain: 1e-4 };
/** A finite axis with at most so many values is tried whole, a longer one at distances that halve. */
const SHORT = 16;

export function createSearch(space: EncodedSpace): Search {
  const real = space.axes.flatMap(({ kind }, axis) => (kind === 'real' ? [axis] : []));
  const finite = space.axes.flatMap((axis, at) =>
    axis.kind === 'real'
      ? []
      : [{ at, short: axis.count <= SHORT || axis.kind === 'choice' ? coordinatesOf(axis) : null }],
  );
  const bounds: Bounds = { low: new Float64Array(real.length), high: new Float64Array(real.length).fill(1) };

  return (height, candidates, also) => {
    const ranked = candidates
      .map((point) => ({ point, value: height.at(point) }))
      .sort((one, other) => other.value - one.value);
    const starts = [...also, ...ranked.slice(0, CLIMBERS).map(({ point }) => point)];
    const ends = [...ranked.slice(0, 1), ...starts.map((start) => climb(height, start))];
    return ends.reduce((best, end) => (end.value > best.value ? end : best)).point;
  };

  function climb(height: Height, start: Point): Place {
    let [point, value] = [start, height.at(start)];
    for (let round = 0; round < ROUNDS; round++) {
      let moved = false;
      if (real.length > 0) {
        const up = slide(height, point);
        const reached = height.at(up);
        if (reached > value) [point, value] = [up, reached];
      }
      for (const { at, short } of finite) {
        for (const u of short ?? halving(at, point[at]!)) {
          if (u === point[at]) continue;
          const other = point.with(at, u);
          const reached = height.at(other);
          if (reached > value) [point, value, moved] = [other, reached, true];
        }
      }
      if (!moved) break;
    }
    return { point, value };
  }

  /** Uphill on the real axes. */
  function slide(height: Height, start: Point): Point {
    const point = Float64Array.from(start);
    const place = (x: Float64Array): void => real.forEach((axis, index) => (point[axis] = x[index]!));
    const down: Differentiable = (x, gradient) => {
      place(x);
      const value = height.differentiate(point, gradient);
      for (const index of gradient.keys()) gradient[index]! *= -1;
      return -value;
    };
    place(
      minimise(
        down,
        Float64Array.from(real, (axis) => start[axis]!),
        bounds,
        ENOUGH,
      ).x,
    );
    return point;
  }

  function halving(at: number, u: number): number[] {
    const axis = space.axes[at]!;
    if (axis.kind !== 'step') return [];
    const { low, high } = axis.cell(u);
    const targets = [low - 1e-9, high + 1e-9];
    for (let far = 0.5; far > (high - low) / 2 && far > 1e-4; far /= 2) targets.push(u - far, u + far);
    return targets
      .filter((target) => target > 0 && target < 1)
      .map((target) => axis.cell(target))
      .map((cell) => (cell.low + cell.high) / 2);
  }
}
