/** Which batch is struck by what: random, and repeatable from a seed. Pure. */
import { createGenerator } from '../../trainer/random.ts';
import type { Strike } from './verdict.ts';

const SIGNALS = ['SIGUSR1', 'SIGTERM', 'SIGKILL'] as const;

/**
 * @returns `kills` strikes in the order of their steps, from 1 to `steps`; the signals take turns, but that behind the
 * last batch it is SIGKILL: a training that has nothing left to do may end before it looks at another.
 */
export function planStrikes(seed: number, kills: number, steps: number): Strike[] {
  const generator = createGenerator(seed);
  const below = (limit: number): number => Math.floor(generator.next() * limit);
  const turn = below(SIGNALS.length);
  const at = Array.from({ length: kills }, () => 1 + below(steps)).toSorted((left, right) => left - right);
  return at.map((step, index) => ({
    step,
    signal: step === steps ? 'SIGKILL' : SIGNALS[(turn + index) % SIGNALS.length]!,
  }));
}
