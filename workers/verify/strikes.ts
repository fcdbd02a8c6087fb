/** What is struck where by which signal: random, and repeatable from a seed. Pure. */
import { createGenerator } from '../../trainer/random.ts';
import type { Hold, Place } from '../../trainer/watch.ts';
import type { StrikeSignal } from './verdict.ts';

export interface PlannedStrike extends Hold {
  readonly signal: StrikeSignal;
}

/** Of the straight run. */
export interface Training {
  readonly steps: number;
  readonly epochs: number;
  /** Batches of one evaluation; 0: none, or a loop that the script keeps itself. */
  readonly evaluations: number;
}

const SIGNALS = ['SIGUSR1', 'SIGTERM', 'SIGKILL'] as const;
/** In turn; their number and that of the signals have no common divisor, so that all pairs come. */
const PLACES: readonly Place[] = ['batch', 'evaluation', 'batch', 'checkpoint'];
const WITHOUT_EVALUATION: readonly Place[] = ['batch', 'checkpoint'];
/** A save takes as many file-system calls, or some more. */
const FILE_CALLS = 16;

/** @returns `kills` strikes in the order of their steps, from 1 to `steps`; an evaluation is at the last one of its epoch. */
export function planStrikes(seed: number, kills: number, { steps, epochs, evaluations }: Training): PlannedStrike[] {
  const generator = createGenerator(seed);
  const oneOf = (limit: number): number => 1 + Math.floor(generator.next() * limit);
  const places = evaluations > 0 ? PLACES : WITHOUT_EVALUATION;
  const batches = steps / epochs;
  const turn = oneOf(SIGNALS.length * places.length);
  const strikes = Array.from({ length: kills }, (_, index): PlannedStrike => {
    const place = places[(turn + index) % places.length]!;
    const signal = SIGNALS[(turn + index) % SIGNALS.length]!;
    const step = oneOf(steps);
    if (place === 'batch') return { place, signal, step, nth: 1 };
    if (place === 'checkpoint') return { place, signal, step, nth: oneOf(FILE_CALLS) };
    return { place, signal, step: Math.ceil(step / batches) * batches, nth: oneOf(evaluations) };
  });
  return strikes.toSorted((left, right) => left.step - right.step);
}

/**
 * Behind the last batch it is always SIGKILL: a training that has nothing left to do may end before it looks at another.
 * @param at where it has come to in truth.
 */
export const signalAt = ({ signal }: PlannedStrike, at: number, steps: number): StrikeSignal =>
  at >= steps ? 'SIGKILL' : signal;
