/**
 * Whether a notice means: leave before the next batch. Pure.
 *
 * | notice                                 | seconds left            | answer                                                       |
 * | -------------------------------------- | ----------------------- | ------------------------------------------------------------ |
 * | preemption, cancel, pause, stop, prune | whatever they are       | leave: the node is owed to others                            |
 * | limit                                  | unknown                 | leave: SLURM may end the job at any moment                   |
 * | limit                                  | more than are needed    | go on, training or evaluating, and ask again at the next one |
 * | limit                                  | no more than are needed | leave: another batch and the checkpoint may not fit          |
 *
 * An evaluation is asked about like a batch: a checkpoint holds its position, so what is cut is not lost.
 */
import type { NoticeCause } from './protocol.ts';

/** Seconds; 0 where nothing has been measured yet. */
export interface Measured {
  /** A batch, of training or evaluation: a high quantile of the last ones. */
  readonly batchSeconds: number;
  /** A checkpoint, from the snapshot until it is durable: the longest of the last ones. */
  readonly writeSeconds: number;
}

/** For the way from a durable checkpoint to a job that has ended by itself. Seconds. */
const MARGIN = 5;

/** A batch that was begun too late and the checkpoint behind it, each twice as long as measured. */
export const secondsNeeded = ({ batchSeconds, writeSeconds }: Measured): number =>
  MARGIN + 2 * writeSeconds + 2 * batchSeconds;

/** @param secondsLeft until the deadline; null when that is not known. */
export function mustLeave(cause: NoticeCause, secondsLeft: number | null, measured: Measured): boolean {
  return cause !== 'limit' || secondsLeft === null || secondsLeft <= secondsNeeded(measured);
}

/** @returns a warning when the last checkpoint may not become durable in time, else null. */
export function tooLate(secondsLeft: number | null, { writeSeconds }: Measured, durableStep: number): string | null {
  if (secondsLeft === null || secondsLeft >= writeSeconds) return null;
  return (
    `the job ends in ${seconds(secondsLeft)} and a checkpoint takes ${seconds(writeSeconds)}: this one may not become ` +
    `durable; that of step ${durableStep} stands. A longer temporal.lead_time gives more time`
  );
}

const seconds = (value: number): string => `${Math.max(0, value).toFixed(1)} s`;
