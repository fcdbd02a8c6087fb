/**
 * A fast sequence of random numbers for one proposal: xoshiro128** of Blackman and Vigna, seeded from the counter-based
 * stream, so that it too depends on its key alone (P12).
 */
import { bits, type StreamKey } from './stream.ts';

/** Each call: 53 random bits as a multiple of 2^-53 in [0, 1). */
export type Generator = () => number;

export function generator(...key: StreamKey): Generator {
  let [a, b, c, d] = [0, 1, 2, 3].map((word) => bits(...key, word)) as [number, number, number, number];
  const next = (): number => {
    const scrambled = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return scrambled;
  };
  return () => (next() * 2 ** 21 + (next() >>> 11)) * 2 ** -53;
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
