/** Problems and runs for tests of samplers: trials one after another, or with some under way. */
import { encodeSpace, type EncodedSpace, type Point } from '../../../activities/samplers/encoded-space.ts';
import { hypervolume } from '../../../activities/samplers/hypervolume.ts';
import { generator } from '../../../activities/samplers/generator.ts';
import type { Model, Observation } from '../../../activities/samplers/model.ts';
import { priorPoint } from '../../../activities/samplers/prior-point.ts';

export const cube = (dimensions: number): EncodedSpace =>
  encodeSpace(
    Object.fromEntries(
      Array.from({ length: dimensions }, (_, index) => [`x${index}`, { distribution: 'uniform', min: 0, max: 1 }]),
    ),
  );

export const complete = (number: number, point: Point, ...values: number[]): Observation => ({
  number,
  point,
  state: 'complete',
  values,
  step: 0,
});

/** @param atOnce trials under way while the next one is proposed, the oldest of which ends next. */
export function run(
  model: Model,
  count: number,
  objectives: (point: Point, number: number) => readonly number[],
  atOnce = 0,
): Point[] {
  const points: Point[] = [];
  let ended = 0;
  for (let number = 1; number <= count; number++) {
    points.push(model.ask(number, points.slice(ended)));
    for (; ended < number - atOnce; ended++)
      model.tell(complete(ended + 1, points[ended]!, ...objectives(points[ended]!, ended + 1)));
  }
  return points;
}

/** A model that learns nothing. */
export const chance = (space: EncodedSpace, seed: number): Model => ({
  tell: () => undefined,
  ask: (number) => priorPoint(space, generator('chance', seed, number)),
});

/** ZDT1: the front is y = 1 − √x where all coordinates but the first are 0. */
export function zdt1(point: Point): [number, number] {
  const rest = point.slice(1).reduce((sum, u) => sum + u, 0) / (point.length - 1);
  const g = 1 + 9 * rest;
  return [point[0]!, g * (1 - Math.sqrt(point[0]! / g))];
}

/** What points reach of ZDT1, up to (1.1, 11); the most is 11.77. */
export const reached = (points: readonly Point[]): number => hypervolume(points.map(zdt1), [1.1, 11]);
