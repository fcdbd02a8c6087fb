/**
 * The kernels of one ordered axis: normals truncated to [0, 1], each as wide as the larger gap to its neighbours.
 *
 * Kernel 0 is the prior's: in the middle, as wide as the whole. A new kernel changes the widths of its neighbours alone once
 * the narrowest width stays the same, so adding one to ten thousand costs no more than adding one to ten, but for the shift in
 * the sorted list.
 */
import { normalCdf } from '../../sweep-config/normal-cdf.ts';
import { normalQuantile } from '../../sweep-config/normal-quantile.ts';
import type { Axis } from '../encoded-space.ts';
import { grown, lowerBound } from './columns.ts';
import type { Widths } from './settings.ts';

export interface KernelAxis {
  /** Kernel `slot` is new, or takes over that slot, at coordinate `u`. @returns slots whose own part changed. */
  put(slot: number, u: number): readonly number[];
  /** Forgets kernel `slot`; the one at `last` takes over its slot. @returns slots whose own part changed. */
  drop(slot: number, last: number): readonly number[];
  /** The part of a kernel's ln density that does not depend on the point. */
  own(slot: number): number;
  /** Adds the part that does, for kernels `from` to `to` − 1 of `count`, to `sums[0]` and on. */
  accumulate(u: number, sums: Float64Array, from: number, to: number, count: number): void;
  /** A coordinate drawn from kernel `slot` of `count`. @param random in [0, 1). */
  draw(slot: number, random: number, count: number): number;
}

const LN_SQRT_TWO_PI = 0.9189385332046727;
/** An axis with at most so many values has the mass of each cell in a table; on a finer one the density is as good. */
const COARSE = 64;

export function orderedAxis(axis: Exclude<Axis, { kind: 'choice' }>, widths: Widths): KernelAxis {
  const cells = axis.kind === 'step' && axis.count <= COARSE ? axis.count : 0;
  const edges = cells === 0 ? null : edgesOf(axis as Extract<Axis, { kind: 'step' }>);
  /** Kernels that are neighbours, by their middles. */
  const sorted: number[] = widths.prior ? [0] : [];
  let least = widths.least(1);
  let middle: Float64Array = new Float64Array(64);
  let inverse: Float64Array = new Float64Array(64);
  let constant: Float64Array = new Float64Array(64);
  let table: Float64Array = new Float64Array(64 * cells);
  middle[0] = 0.5;
  shape(0, 1);

  /** Sets the width of a kernel and all that follows from it. */
  function shape(slot: number, width: number): void {
    const mu = middle[slot]!;
    const [low, high] = [normalCdf(-mu / width), normalCdf((1 - mu) / width)];
    inverse[slot] = Math.SQRT1_2 / width; // its square is the half that stands in the exponent
    constant[slot] = edges === null ? -Math.log(width * (high - low)) - LN_SQRT_TWO_PI : 0;
    if (edges === null) return;
    let before = low;
    for (let cell = 0; cell < cells; cell++) {
      const after = cell === cells - 1 ? high : normalCdf((edges[cell + 1]! - mu) / width);
      table[slot * cells + cell] = Math.log(Math.max((after - before) / (high - low), 1e-300));
      before = after;
    }
  }

  function reshape(place: number): number | null {
    const slot = sorted[place];
    if (slot === undefined || slot === 0) return null;
    const mu = middle[slot]!;
    const [left, right] = [sorted[place - 1], sorted[place + 1]];
    const ends = widths.prior || sorted.length === 1;
    const before = left !== undefined ? mu - middle[left]! : ends ? mu : 0;
    const after = right !== undefined ? middle[right]! - mu : ends ? 1 - mu : 0;
    shape(slot, Math.min(1, Math.max(least, before, after)));
    return slot;
  }

  /** After a kernel has come to this place, or gone from it. @returns slots of a new width. */
  function reshapeAround(place: number): number[] {
    const before = least;
    least = widths.least(sorted.length + (widths.prior ? 0 : 1));
    const places = least === before ? [place - 1, place, place + 1] : [...sorted.keys()];
    return places.map(reshape).filter((slot) => slot !== null);
  }

  function placeOf(slot: number): number {
    let place = lowerBound(sorted, middle, middle[slot]!);
    while (sorted[place] !== slot) place++;
    return place;
  }

  const cellAt = (u: number): number => Math.max(0, lowerBoundOf(edges!, u) - 1);

  return {
    put(slot, u) {
      middle = grown(middle, slot + 1);
      inverse = grown(inverse, slot + 1);
      constant = grown(constant, slot + 1);
      table = grown(table, (slot + 1) * cells);
      middle[slot] = u;
      const place = lowerBound(sorted, middle, u);
      sorted.splice(place, 0, slot);
      return reshapeAround(place);
    },
    drop(slot, last) {
      const place = placeOf(slot);
      sorted.splice(place, 1);
      if (slot !== last) {
        sorted[placeOf(last)] = slot;
        for (const column of [middle, inverse, constant]) column[slot] = column[last]!;
        table.copyWithin(slot * cells, last * cells, (last + 1) * cells);
      }
      return [...reshapeAround(place), slot];
    },
    own: (slot) => constant[slot]!,
    accumulate(u, sums, from, to) {
      if (edges !== null) {
        const cell = cellAt(u);
        for (let slot = from; slot < to; slot++) sums[slot - from]! += table[slot * cells + cell]!;
        return;
      }
      const [mu, scale] = [middle, inverse]; // a loop over captured variables would load them anew at every turn
      for (let slot = from; slot < to; slot++) {
        const distance = (u - mu[slot]!) * scale[slot]!;
        sums[slot - from]! -= distance * distance;
      }
    },
    draw(slot, random) {
      const [mu, width] = [middle[slot]!, Math.SQRT1_2 / inverse[slot]!];
      const [low, high] = [normalCdf(-mu / width), normalCdf((1 - mu) / width)];
      const u = Math.min(1 - 2 ** -53, Math.max(2 ** -53, low + random * (high - low)));
      return Math.min(1, Math.max(0, mu + width * normalQuantile(u)));
    },
  };
}

/** Lower ends of all cells, and 1. */
function edgesOf(axis: Extract<Axis, { kind: 'step' }>): number[] {
  const edges: number[] = [];
  for (let u = 0; edges.length < axis.count;) {
    const { low, high } = axis.cell(u);
    edges.push(edges.length === 0 ? 0 : low);
    if (high >= 1) break;
    u = high + 1e-9;
  }
  while (edges.length < axis.count) edges.push(1);
  return [...edges, 1];
}

/** First index at which `sorted[index] > value`, at most the last but one. */
function lowerBoundOf(sorted: readonly number[], value: number): number {
  let index = 0;
  while (index < sorted.length - 1 && sorted[index]! <= value) index++;
  return index;
}
