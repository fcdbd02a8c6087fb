/** One number per epoch under watch: has it become better, and how long has it not. Pure. */
import { type EncodedNumber, decodeNumber, encodeNumber } from './codec.ts';

export type Goal = 'minimize' | 'maximize';

export interface Watch {
  /** Null before the first epoch that had a number. */
  readonly best: number | null;
  /** Epochs since the best one. */
  readonly wait: number;
}

export interface EncodedWatch {
  readonly best: EncodedNumber | null;
  readonly wait: number;
}

export const UNWATCHED: Watch = { best: null, wait: 0 };

/** NaN is never better. @param minDelta by how much more than this a value must be better to count. */
export function watch(
  { best, wait }: Watch,
  value: number,
  goal: Goal,
  minDelta: number,
): Watch & { readonly improved: boolean } {
  const gain = best === null ? Infinity : goal === 'minimize' ? best - value : value - best;
  const improved = !Number.isNaN(value) && gain > (best === null ? 0 : minDelta);
  return improved ? { best: value, wait: 0, improved } : { best, wait: wait + 1, improved };
}

export const encodeWatch = ({ best, wait }: Watch): EncodedWatch => ({
  best: best === null ? null : encodeNumber(best),
  wait,
});

export const decodeWatch = ({ best, wait }: EncodedWatch): Watch => ({
  best: best === null ? null : decodeNumber(best),
  wait,
});
