import { describe, expect, test } from 'vitest';
import type { Point } from '../../../activities/samplers/encoded-space.ts';
import { hypervolume } from '../../../activities/samplers/hypervolume.ts';
import type { CreateModel } from '../../../activities/samplers/model.ts';
import { createNsga2 } from '../../../activities/samplers/nsga2/nsga2.ts';
import { createTpe } from '../../../activities/samplers/tpe/tpe.ts';
import { chance, complete, cube, reached, run, zdt1 } from './problems.ts';

const space = cube(6);

describe.each<[string, CreateModel]>([
  ['NSGA-II', createNsga2],
  ['TPE', createTpe],
])('%s with several objectives', (_, create) => {
  test.each([1, 2, 3])('comes nearer to the front of ZDT1 than chance, alone and eight at a time, seed %i', (seed) => {
    const options = { seed, objectives: 2, population: 20 };
    const random = reached(run(chance(space, seed), 200, zdt1));
    expect(reached(run(create(space, options), 200, zdt1))).toBeGreaterThan(random + 0.5);
    expect(reached(run(create(space, options), 200, zdt1, 7))).toBeGreaterThan(random + 0.3);
  });

  test('comes nearer than chance with three objectives, too', () => {
    const radii = (point: Point): number[] =>
      [0, 1, 2].map((axis) => point.reduce((sum, u, i) => sum + (u - (i % 3 === axis ? 1 : 0.5)) ** 2, 0));
    const volume = (points: readonly Point[]): number => hypervolume(points.map(radii), [1.5, 1.5, 1.5]);
    const learnt = run(create(space, { seed: 1, objectives: 3, population: 20 }), 150, radii);
    expect(volume(learnt)).toBeGreaterThan(volume(run(chance(space, 1), 150, radii)));
  });

  test('beyond the observations that it compares, it goes on', () => {
    const model = create(space, { seed: 1, objectives: 2 });
    const random = chance(space, 1);
    for (let number = 1; number <= 600; number++) {
      const point = random.ask(number, []);
      // All on one front, so that the order within it changes with every tell.
      model.tell(complete(number, point, point[0]!, 1 - point[0]!));
    }
    expect(space.snap(model.ask(601, []))).toEqual(model.ask(601, []));
  });
});
