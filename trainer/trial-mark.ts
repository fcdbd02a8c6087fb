/** P5: what must be the same for a checkpoint's position and state to mean the same. */
import type { TrainingOptions } from './options.ts';
import type { PreparedTrial } from './prepare.ts';
import type { Hyperparameters } from './protocol.ts';

/** Options are there only where they are not the default. */
export interface TrialMark extends Partial<Omit<TrainingOptions, 'monitor' | 'goal'>> {
  readonly seed: number;
  readonly hyperparameters: Hyperparameters;
  readonly examples: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly metrics: readonly string[];
  readonly shuffle: boolean;
  /** Where something watches it: the metric and which way it improves. */
  readonly monitor?: string;
  readonly reduceOnPlateau?: Readonly<Record<string, number>>;
}

export function markOf(trial: PreparedTrial): TrialMark {
  const { seed, hyperparameters, examples, batchSize, epochs, metrics, shuffle, options, plateau } = trial;
  const { weightDecay, clip, accumulate, ema, earlyStopping, classWeights, dropLast } = options;
  return {
    seed,
    hyperparameters,
    examples,
    batchSize,
    epochs,
    metrics: metrics.map(({ name }) => name),
    shuffle,
    ...(weightDecay > 0 && { weightDecay }),
    ...(clip && { clip }),
    ...(accumulate > 1 && { accumulate }),
    ...(ema !== null && { ema }),
    ...(earlyStopping && { earlyStopping }),
    ...(classWeights && { classWeights }),
    ...(dropLast && { dropLast }),
    ...(plateau && { reduceOnPlateau: plateauMark(plateau) }),
    ...((earlyStopping ?? plateau) && { monitor: `${options.goal} ${options.monitor}` }),
  };
}

/** @returns one sentence about the first difference, or null. */
export function compareMarks(before: TrialMark, now: TrialMark): string | null {
  const names = new Set([...Object.keys(now), ...Object.keys(before)]) as Set<keyof TrialMark>;
  for (const name of names) {
    const [then, here] = [JSON.stringify(sorted(before[name])), JSON.stringify(sorted(now[name]))];
    if (then === here) continue;
    return `it was made with ${name} ${then ?? '(none)'}, now it is ${here ?? '(none)'}: use another directory`;
  }
  return null;
}

// --- internal ---

const plateauMark = ({ factor, patience, minDelta, min }: NonNullable<PreparedTrial['plateau']>) => ({
  factor,
  patience,
  minDelta,
  min,
});

/** Objects with their names in order, so that equal ones have equal JSON. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
