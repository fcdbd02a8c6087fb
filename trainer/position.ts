/** Where a training is, as a checkpoint's entry tells it. */
import type { CheckpointEntry } from './protocol.ts';

export type Position = Pick<CheckpointEntry, 'step' | 'epoch' | 'batch' | 'evaluated'>;

/** Of something that has a position, that alone. */
export const positionOf = ({ step, epoch, batch, evaluated }: Position): Position => ({
  step,
  epoch,
  batch,
  ...(evaluated !== undefined && { evaluated }),
});

export const isSamePosition = (left: Position, right: Position): boolean =>
  left.step === right.step &&
  left.epoch === right.epoch &&
  left.batch === right.batch &&
  left.evaluated === right.evaluated;
