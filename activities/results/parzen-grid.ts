/** The density of one parameter's values on a grid: kernels as wide as Scott's rule says, and one for the prior. Pure. */
import { normalCdf } from '../sweep-config/normal-cdf.ts';

/** Observations per cell, at least one in all. */
export type Counts = readonly number[];

/** Nine in ten of a kernel lie within its cell. */
const NARROWEST = 0.5 / 1.64;

/** Of a grid with an order: discrete normals, truncated to it. @returns a mass per cell; the sum is 1. */
export function orderedMasses(counts: Counts): number[] {
  const last = counts.length - 1;
  const sigma = Math.max(NARROWEST, scottWidth(counts));
  const masses = counts.map(() => 0);
  const total = sum(counts) + 1;
  const add = (mu: number, width: number, weight: number): void => {
    const below = (cell: number): number => normalCdf((cell - 0.5 - mu) / width);
    const whole = below(last + 1) - below(0);
    for (let cell = 0; cell <= last; cell++)
      masses[cell]! += ((below(cell + 1) - below(cell)) / whole) * (weight / total);
  };
  for (const [cell, count] of counts.entries()) if (count > 0) add(cell, sigma, count);
  add(last / 2, last + 1, 1);
  return masses;
}

/** Of choices: a little of every kernel goes to all of them, less the more kernels there are. @returns see above. */
export function choiceMasses(counts: Counts): number[] {
  const kernels = counts.filter((count) => count > 0).length + 1;
  const whole = 1 + counts.length / kernels;
  const spread = 1 / kernels / whole;
  const total = sum(counts) + 1;
  const everywhere = (spread * (total - 1) + 1 / counts.length) / total;
  return counts.map((count) => everywhere + count / whole / total);
}

/** In cells. */
function scottWidth(counts: Counts): number {
  const total = sum(counts);
  const mean = sum(counts.map((count, cell) => cell * count)) / total;
  const squares = sum(counts.map((count, cell) => count * (cell - mean) ** 2));
  const deviation = Math.sqrt(squares / Math.max(1, total - 1));
  const upper = cellAt(counts, (before) => before > Math.floor((total * 3) / 4));
  const lower = cellAt(counts, (before) => before >= Math.floor(total / 4));
  return 1.059 * Math.min((upper - lower) / 1.34, deviation) * total ** -0.2;
}

/** The first cell with observations at which their number up to it is as wanted, else the last such cell. */
function cellAt(counts: Counts, wanted: (upTo: number) => boolean): number {
  let upTo = 0;
  const found = counts.findIndex((count) => count > 0 && wanted((upTo += count)));
  return found === -1 ? counts.findLastIndex((count) => count > 0) : found;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
