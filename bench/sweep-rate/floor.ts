/** The least that a sweep could cost on the same server: a window of children that do nothing. */
import { executeChild } from '@temporalio/workflow';

export { sweep, trial } from '../../workflows/index.ts';

export async function floor(trials: number, window: number): Promise<number> {
  let next = 1;
  const lane = async (): Promise<void> => {
    for (let number = next++; number <= trials; number = next++) await executeChild(nothing, { args: [number] });
  };
  await Promise.all(Array.from({ length: window }, lane));
  return trials;
}

export async function nothing(number: number): Promise<number> {
  return number;
}
