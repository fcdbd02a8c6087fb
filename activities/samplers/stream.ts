/**
 * Counter-based random numbers: each is a pure function of its key, so it does not matter who asks, when, or how often
 * (P12). SHA-256 of the key as JSON: the same on every machine and release, and independent of the order of parameters.
 */
import { createHash } from 'node:crypto';

export type StreamKey = readonly (string | number)[];

const digest = (key: StreamKey): Buffer => createHash('sha256').update(JSON.stringify(key)).digest();

/** 53 random bits: a multiple of 2^-53 in [0, 1). */
export function uniform(...key: StreamKey): number {
  const bytes = digest(key);
  return (bytes.readUInt32BE(0) * 2 ** 21 + (bytes.readUInt32BE(4) >>> 11)) * 2 ** -53;
}

/** 32 random bits, unsigned. */
export const bits = (...key: StreamKey): number => digest(key).readUInt32BE(0);
