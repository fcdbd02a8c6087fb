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
