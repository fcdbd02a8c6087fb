/** The definition's training options, resolved for one trial's hyperparameters and checked. */
import { checkClip, type Clip } from './clip.ts';
import type { AnyTrial } from './definition.ts';
import type { EarlyStopping } from './early-stopping.ts';
import type { Goal } from './monitor.ts';
import type { Hyperparameters } from './protocol.ts';

export interface TrainingOptions {
  /** 0: none. */
  readonly weightDecay: number;
  readonly clip: Clip | null;
  readonly accumulate: number;
  readonly ema: number | null;
  readonly monitor: string;
  readonly goal: Goal;
  readonly earlyStopping: EarlyStopping | null;
  readonly classWeights: readonly number[] | null;
  readonly dropLast: boolean;
}

/** @param rowNames what rows will hold. @throws RangeError that names the option, its value and what is allowed. */
export function resolveOptions(
  definition: AnyTrial,
  hyperparameters: Hyperparameters,
  rowNames: readonly string[],
): TrainingOptions {
  const resolve = <T>(given: T | ((h: Hyperparameters) => T) | undefined): T | null =>
    (typeof given === 'function' ? (given as (h: Hyperparameters) => T)(hyperparameters) : given) ?? null;
  const clip = resolve(definition.clip);
  const earlyStopping = resolve(definition.earlyStopping);
  return {
    weightDecay: within('weightDecay', resolve(definition.weightDecay) ?? 0, (value) => value >= 0, 'from 0 on'),
    clip: clip === null ? null : checkClip(clip),
    accumulate: wholeNumber('accumulate', resolve(definition.accumulate) ?? 1),
    ema: averageOf(resolve(definition.ema)),
    monitor: monitorOf(definition.monitor, rowNames),
    goal: goalOf(definition.goal ?? 'minimize'),
    earlyStopping: earlyStopping === null ? null : checkEarlyStopping(earlyStopping),
    classWeights: resolve(definition.classWeights),
    dropLast: definition.dropLast ?? false,
  };
}

/** @throws RangeError unless it is a whole number from 1 on. */
export function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${name} is ${String(value)}: it must be a whole number from 1 on`);
}

// --- internal ---

function within(name: string, value: number, isAllowed: (value: number) => boolean, allowed: string): number {
  if (Number.isFinite(value) && isAllowed(value)) return value;
  throw new RangeError(`${name} is ${String(value)}: it must be a number ${allowed}`);
}

const averageOf = (decay: number | null): number | null =>
  decay === null ? null : within('ema', decay, (value) => value >= 0 && value < 1, 'in [0, 1), such as 0.999');

function monitorOf(given: string | undefined, rowNames: readonly string[]): string {
  const monitor = given ?? (rowNames.includes('val_loss') ? 'val_loss' : 'loss');
  if (rowNames.includes(monitor)) return monitor;
  throw new RangeError(`monitor is "${monitor}": rows will hold ${rowNames.join(', ')}`);
}

function goalOf(goal: string): Goal {
  if (goal === 'minimize' || goal === 'maximize') return goal;
  throw new RangeError(`goal is "${goal}": it must be minimize or maximize`);
}

function checkEarlyStopping(given: EarlyStopping): EarlyStopping {
  if (given.patience !== Infinity) wholeNumber('earlyStopping.patience', given.patience);
  within('earlyStopping.minDelta', given.minDelta ?? 0, (value) => value >= 0, 'from 0 on');
  return given;
}
