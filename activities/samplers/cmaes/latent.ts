/**
 * The space as a normal distribution sees it: only real axes. A real axis and one of steps stay what they are; a choice becomes
 * one axis per value that may be drawn, of which the highest wins.
 *
 * Told back, a step lies anywhere in its cell, the winner of a choice anywhere in the upper half of its axis and the others in
 * the lower: so the distribution never becomes so narrow that no other value can be drawn.
 */
import { coordinatesOf } from '../coordinates.ts';
import type { EncodedSpace, Point } from '../encoded-space.ts';
import type { Generator } from '../generator.ts';

export interface Latent {
  readonly dimensions: number;
  /** @returns a snapped point. What lies outside of the cube is mirrored at its walls. */
  pointOf(latent: Float64Array): Point;
  /** One of the latent vectors that give this point; on real axes, the point's own coordinate. */
  latentOf(point: Point, random: Generator): Float64Array;
}

export function latentOf({ axes, snap }: EncodedSpace): Latent {
  const choices = axes.map((axis) => (axis.kind === 'choice' ? coordinatesOf(axis) : null));
  const dimensions = choices.reduce((sum, values) => sum + (values?.length ?? 1), 0);
  return {
    dimensions,
    pointOf(latent) {
      let from = 0;
      return snap(
        Float64Array.from(choices, (values) => {
          if (values === null) return mirrored(latent[from++]!);
          const heights = latent.subarray(from, (from += values.length));
          return values[heights.indexOf(Math.max(...heights))]!;
        }),
      );
    },
    latentOf(point, random) {
      return Float64Array.from(
        axes.flatMap((axis, index) => {
          const u = point[index]!;
          if (axis.kind === 'real') return [u];
          if (axis.kind === 'choice') return choices[index]!.map((value) => (random() + Number(value === u)) / 2);
          const { low, high } = axis.cell(u);
          return [low + (high - low) * random()];
        }),
      );
    },
  };
}

/** Into [0, 1]. */
function mirrored(u: number): number {
  const within = Math.abs(u) % 2;
  return within > 1 ? 2 - within : within;
}
