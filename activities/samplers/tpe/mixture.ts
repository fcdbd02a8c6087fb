/** A Parzen estimator over the unit cube: one kernel per observation and one, kernel 0, for the prior; products over the axes. */
import type { EncodedSpace, Point } from '../encoded-space.ts';
import type { Generator } from '../generator.ts';
import { choiceAxis } from './choice-axis.ts';
import { grown } from './columns.ts';
import { orderedAxis } from './ordered-axis.ts';
import type { Widths } from './settings.ts';

export interface Mixture {
  /** Kernels, the prior's included. */
  readonly count: number;
  add(id: number, point: Point): void;
  remove(id: number): void;
  has(id: number): boolean;
  /** @param weightOf relative weight of an observation; `prior` is that of kernel 0. */
  weigh(weightOf: (id: number) => number, prior: number): void;
  /** All kernels alike, as before the first `weigh`. */
  draw(random: Generator): Point;
  /** ln of the density at each point. */
  logDensities(points: readonly Point[]): number[];
}

const PRIOR = -1;
/** Kernels at a time: their columns stay in the processor's cache while all points are compared with them. */
const BLOCK = 512;

export function createMixture(space: EncodedSpace, widths: Widths): Mixture {
  const axes = space.axes.map((axis) => (axis.kind === 'choice' ? choiceAxis(axis) : orderedAxis(axis, widths)));
  const ids: number[] = [PRIOR];
  const slots = new Map<number, number>();
  let own: Float64Array = new Float64Array(64);
  let weights: Float64Array | null = null;
  let logWeights: Float64Array | null = null;
  const sums = new Float64Array(BLOCK);
  refresh([0]);

  function refresh(changed: readonly number[]): void {
    for (const slot of changed) own[slot] = axes.reduce((sum, axis) => sum + axis.own(slot), 0);
  }

  function pick(random: number): number {
    if (weights === null) return Math.floor(random * ids.length);
    let rest = random;
    for (let slot = 0; slot < ids.length; slot++) {
      rest -= weights[slot]!;
      if (rest < 0) return slot;
    }
    return 0;
  }

  return {
    get count() {
      return ids.length;
    },
    has: (id) => slots.has(id),
    add(id, point) {
      const slot = ids.length;
      ids.push(id);
      slots.set(id, slot);
      own = grown(own, ids.length);
      weights = logWeights = null;
      for (const [index, axis] of axes.entries()) refresh(axis.put(slot, point[index]!));
      refresh([slot]);
    },
    remove(id) {
      const slot = slots.get(id)!;
      const last = ids.length - 1;
      for (const axis of axes) refresh(axis.drop(slot, last).filter((changed) => changed !== last));
      ids[slot] = ids[last]!;
      slots.set(ids[slot]!, slot);
      ids.pop();
      slots.delete(id);
      weights = logWeights = null;
      refresh(slot < last ? [slot] : []);
    },
    weigh(weightOf, prior) {
      weights = Float64Array.from(ids, (id) => (id === PRIOR ? prior : weightOf(id)));
      const sum = weights.reduce((one, other) => one + other, 0);
      weights = weights.map((weight) => weight / sum);
      logWeights = weights.map(Math.log);
    },
    draw(random) {
      const slot = pick(random());
      return space.snap(Float64Array.from(axes, (axis) => axis.draw(slot, random(), ids.length)));
    },
    logDensities(points) {
      const count = ids.length;
      const totals = points.map(() => ({ most: -Infinity, sum: 0 }));
      for (let from = 0; from < count; from += BLOCK) {
        const to = Math.min(count, from + BLOCK);
        for (const [index, point] of points.entries()) addBlock(point, from, to, totals[index]!);
      }
      return totals.map(({ most, sum }) => most + Math.log(sum) - (logWeights === null ? Math.log(count) : 0));
    },
  };

  /** Adds kernels `from` to `to` − 1 to a sum of exponentials, kept as `sum · e^most`. */
  function addBlock(point: Point, from: number, to: number, total: { most: number; sum: number }): void {
    const size = to - from;
    sums.set(own.subarray(from, to));
    for (const [index, axis] of axes.entries()) axis.accumulate(point[index]!, sums, from, to, ids.length);
    let most = total.most;
    for (let at = 0; at < size; at++) {
      if (logWeights !== null) sums[at]! += logWeights[from + at]!;
      if (sums[at]! > most) most = sums[at]!;
    }
    let sum = total.sum * Math.exp(total.most - most);
    for (let at = 0; at < size; at++) {
      const below = sums[at]! - most;
      if (below > -36) sum += Math.exp(below); // e^-36 is below the last bit of 1
    }
    total.most = most;
    total.sum = sum;
  }
}
