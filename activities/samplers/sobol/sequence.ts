/**
 * The Sobol sequence at any index, 32 bits, scrambled: a low-discrepancy sequence whose every power of two first points fills
 * the cube evenly. Random access, so that it does not matter who asks for which trial (P12).
 */
import { bits } from '../stream.ts';
import { DIRECTIONS } from './directions.ts';

const BITS = 32;
/** Axes that the table of direction numbers covers. */
export const MOST_AXES = DIRECTIONS.length + 1;

const columns: (readonly number[])[] = [];

/** The i-th column of an axis's generator matrix, as the bits that index bit i toggles. */
function columnsOf(axis: number): readonly number[] {
  return (columns[axis] ??= axis === 0 ? Array.from({ length: BITS }, (_, i) => bit(i)) : build(axis));
}

const bit = (i: number): number => (1 << (BITS - 1 - i)) >>> 0;

function build(axis: number): number[] {
  const { polynomial, initial } = DIRECTIONS[axis - 1]!;
  const degree = initial.length;
  const v = initial.map((m, i) => (m << (BITS - 1 - i)) >>> 0);
  for (let i = degree; i < BITS; i++) {
    let next = v[i - degree]! ^ (v[i - degree]! >>> degree);
    for (let k = 1; k < degree; k++) if ((polynomial >> (degree - k)) & 1) next ^= v[i - k]!;
    v.push(next >>> 0);
  }
  return v;
}

/** @param index from 0. @param axis from 0, below {@link MOST_AXES}. @returns 32 bits, unsigned. */
export function sobol(index: number, axis: number): number {
  // Gray code order, as everybody else has it.
  let code = (index ^ (index >>> 1)) >>> 0;
  let sum = 0;
  for (const column of columnsOf(axis)) {
    if ((code & 1) === 1) sum ^= column;
    code >>>= 1;
  }
  return sum >>> 0;
}

/**
 * Owen's nested scrambling by hashing (Laine and Karras 2011, with the constants of Vegdahl 2021): every bit is flipped or not
 * by a hash of the bits above it and the seed, which keeps the sequence's evenness and takes away its regularity.
 */
export function scramble(value: number, seed: number): number {
  let x = reverse(value);
  x ^= Math.imul(x, 0x3d20adea);
  x = (x + seed) >>> 0;
  x = Math.imul(x, (seed >>> 16) | 1) >>> 0;
  x ^= Math.imul(x, 0x05526c56);
  x ^= Math.imul(x, 0x53a22864);
  return reverse(x >>> 0);
}

function reverse(value: number): number {
  let x = value;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
  return ((x >>> 16) | (x << 16)) >>> 0;
}

/** A multiple of 2^-32 in (0, 1): the middle of the point's cell, so that neither end of a distribution is hit. */
export const scrambledSobol = (index: number, axis: number, seed: number): number =>
  (scramble(sobol(index, axis), bits('sobol', seed, axis)) + 0.5) * 2 ** -32;
