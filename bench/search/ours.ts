/** Our samplers, asked as a sweep asks them: in a finite space never for the same point twice. */
import { createCmaes } from '../../activities/samplers/cmaes/cmaes.ts';
import { encodeSpace, type Point } from '../../activities/samplers/encoded-space.ts';
import { generator } from '../../activities/samplers/generator.ts';
import { createGp } from '../../activities/samplers/gp/gp.ts';
import type { CreateModel } from '../../activities/samplers/model.ts';
import { nearestUnseen } from '../../activities/samplers/next-unseen.ts';
import { priorPoint } from '../../activities/samplers/prior-point.ts';
import { createTpe } from '../../activities/samplers/tpe/tpe.ts';
import type { Sampler, Search } from './problem.ts';

const createRandom: CreateModel = (space, { seed }) => ({
  tell: () => undefined,
  ask: (number) => priorPoint(space, generator('bench', seed, number)),
});

/** `method: bayes` is `gp` up to 200 trials and 20 parameters. */
export const OURS: readonly Sampler[] = [
  ours('random', createRandom),
  ours('tpe', createTpe),
  ours('gp', createGp),
  ours('cmaes', createCmaes),
];

function ours(name: string, create: CreateModel): Sampler {
  return {
    name,
    begin({ space: described }, seed): Promise<Search> {
      const space = encodeSpace(described);
      const model = create(space, { seed, objectives: 1 });
      const used = Number.isFinite(space.size) ? new Set<string>() : null;
      const pending = new Map<number, Point>();
      return Promise.resolve({
        ask(number) {
          const asked = model.ask(number, [...pending.values()]);
          const free = used === null ? asked : nearestUnseen(space, asked, (key) => used.has(key));
          if (free === null) throw new Error(`${name} has seen every point after ${number - 1} trials: lower --trials`);
          const values = space.decode(free);
          const point = space.encode(values)!;
          used?.add(point.join(' '));
          pending.set(number, point);
          return Promise.resolve(values);
        },
        tell(number, value) {
          const point = pending.get(number)!;
          pending.delete(number);
          model.tell({ number, point, state: 'complete', values: [value], step: 0 });
          return Promise.resolve();
        },
      });
    },
  };
}
