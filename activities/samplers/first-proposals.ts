/** The first trials of a sweep as they would be without any result: all start together. */
import type { Hyperparameters } from '../../workflows/messages.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';
import { chooseSampler } from './choose.ts';
import { encodeSpace, type Point } from './encoded-space.ts';
import { objectivesOf } from './history.ts';
import { propose } from './propose.ts';

/** @returns fewer than `count` where a finite space ends. */
export function firstProposals(sweep: ResolvedSweep, count: number): Hyperparameters[] {
  const choice = chooseSampler(sweep);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  switch (choice.kind) {
    case 'blind':
      return numbers.map((number) => propose(sweep, number)).filter((next) => next !== null);
    case 'learns': {
      const space = encodeSpace(sweep.space, sweep.conditions);
      const model = choice.create(space, { seed: sweep.temporal.seed, objectives: objectivesOf(sweep).length });
      const pending: Point[] = [];
      for (const number of numbers) pending.push(model.ask(number, pending));
      return pending.map((point) => space.decode(point));
    }
  }
}
