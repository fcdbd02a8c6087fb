/**
 * What children are made of: simulated binary crossover and polynomial mutation (Deb) on real axes and steps, whole choices
 * from either parent.
 */
import type { Axis, EncodedSpace, Point } from '../encoded-space.ts';
import type { Generator } from '../generator.ts';
import { priorPoint } from '../prior-point.ts';

const CROSSOVER = 0.9;
/** The larger, the nearer are children to their parents. */
const NEARNESS = 20;
/** Into the next cell, whatever was rounded. */
const BEYOND = 1e-9;

/** One child of two parents; on average one of its coordinates is mutated. */
export function childOf(space: EncodedSpace, [one, other]: readonly [Point, Point], random: Generator): Point {
  const crossed = random() < CROSSOVER;
  const anywhere = priorPoint(space, random);
  const child = Float64Array.from(space.axes, (axis, index) => {
    const u = crossed ? inherited(axis, one[index]!, other[index]!, random) : one[index]!;
    return random() * space.axes.length < 1 ? mutated(axis, u, anywhere[index]!, random) : u;
  });
  return space.snap(child);
}

/** Half of the coordinates are crossed, the others come whole from either parent. */
function inherited({ kind }: Axis, one: number, other: number, random: Generator): number {
  const [near, far] = random() < 0.5 ? [one, other] : [other, one];
  if (kind === 'choice' || random() < 0.5) return near;
  const r = random();
  const spread = (r < 0.5 ? 2 * r : 1 / (2 - 2 * r)) ** (1 / (NEARNESS + 1));
  return within(((1 + spread) * near + (1 - spread) * far) / 2);
}

/** A choice is drawn anew. Steps go at least to the next one. */
function mutated(axis: Axis, u: number, drawn: number, random: Generator): number {
  if (axis.kind === 'choice') return drawn;
  const moved = within(u + polynomial(u, random()));
  if (axis.kind === 'real') return moved;
  const { low, high } = axis.cell(u);
  if (moved < low || moved > high) return moved;
  return moved < u ? within(low - BEYOND) : within(high + BEYOND);
}

/** Deb's bounded polynomial: the step from u that never leaves [0, 1]. */
function polynomial(u: number, r: number): number {
  const power = NEARNESS + 1;
  if (r < 0.5) return (2 * r + (1 - 2 * r) * (1 - u) ** power) ** (1 / power) - 1;
  return 1 - (2 - 2 * r + (2 * r - 1) * u ** power) ** (1 / power);
}

const within = (u: number): number => Math.min(1, Math.max(0, u));
