/** Learning rates as pure functions of the position: a schedule has no state, so a resume cannot lose any. */
export interface SchedulePosition {
  /** Batches trained before this one, over all epochs. */
  readonly step: number;
  /** Batches of the whole training. */
  readonly steps: number;
  /** Finished epochs. */
  readonly epoch: number;
  readonly epochs: number;
}

/** @returns the learning rate of the batch at this position. */
export type Schedule = (position: SchedulePosition) => number;

export const constant =
  (learningRate: number): Schedule =>
  () =>
    learningRate;

/** From `max` at the first batch down half a cosine to `min` (default 0) after the last. */
export const cosine =
  (max: number, { min = 0 }: { readonly min?: number } = {}): Schedule =>
  ({ step, steps }) =>
    min + ((max - min) * (1 + Math.cos((Math.PI * step) / steps))) / 2;

/** From `max` at the first batch in a straight line to `min` (default 0) after the last. */
export const linear =
  (max: number, { min = 0 }: { readonly min?: number } = {}): Schedule =>
  ({ step, steps }) =>
    max + ((min - max) * step) / steps;

/**
 * In stairs: `max`, multiplied by `factor` (default 0.1) whenever as many epochs are finished as `at` names, or after
 * each `every` epochs.
 *
 * @throws RangeError unless `at` holds whole numbers, or `every` is one, from 1 on
 */
export function step(
  max: number,
  when: ({ readonly at: readonly number[] } | { readonly every: number }) & { readonly factor?: number },
): Schedule {
  const { factor = 0.1 } = when;
  const given = 'at' in when ? when.at : [when.every];
  if (given.some((epochs) => !isCount(epochs)))
    throw new RangeError(`step: ${JSON.stringify(when)} must name whole numbers of epochs from 1 on`);
  const stairs = ({ epoch }: SchedulePosition): number =>
    'at' in when ? when.at.filter((epochs) => epochs <= epoch).length : Math.floor(epoch / when.every);
  return (position) => max * factor ** stairs(position);
}

/** `max`, multiplied by `factor` with every epoch, smoothly from batch to batch. */
export const exponential =
  (max: number, { factor }: { readonly factor: number }): Schedule =>
  ({ step, steps, epochs }) =>
    max * factor ** ((step * epochs) / steps);

/**
 * Rises in a straight line over the first `steps` batches to where `schedule` begins; the schedule then has the batches
 * that are left. Epochs are counted from the beginning of the training.
 *
 * @throws RangeError unless `steps` is a whole number from 1 on
 */
export function warmUp(steps: number, schedule: Schedule): Schedule {
  if (!isCount(steps))
    throw new RangeError(`warmUp: steps is ${steps}, it must be a whole number of batches from 1 on`);
  return (position) => {
    const left = { ...position, steps: Math.max(1, position.steps - steps) };
    if (position.step < steps) return (schedule({ ...left, step: 0 }) * (position.step + 1)) / steps;
    return schedule({ ...left, step: position.step - steps });
  };
}

/**
 * Half a cosine up from `start` (default max / 25) to `max` at the share `peak` (default 0.3) of all batches, half a
 * cosine down to `end` (default start / 10,000) after the last. Momentum stays as it is.
 *
 * @throws RangeError when `peak` lies outside (0, 1)
 */
export function oneCycle(
  max: number,
  options: { readonly start?: number; readonly end?: number; readonly peak?: number } = {},
): Schedule {
  const { start = max / 25, peak = 0.3 } = options;
  const { end = start / 10_000 } = options;
  if (!(peak > 0 && peak < 1)) throw new RangeError(`oneCycle: peak is ${peak}, it must lie in (0, 1)`);
  return ({ step, steps }) => {
    const share = step / steps;
    return share < peak ? between(start, max, share / peak) : between(max, end, (share - peak) / (1 - peak));
  };
}

// --- internal ---

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

const between = (from: number, to: number, share: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
