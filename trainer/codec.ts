/**
 * P6: one codec for the numbers JSON lacks, in rows, messages and files: NaN, Infinity, -Infinity and -0 become these
 * strings. A metric is always a number, so a string is never ambiguous.
 */
export type EncodedNumber = number | 'NaN' | 'Infinity' | '-Infinity' | '-0';
export type EncodedMetrics = Record<string, EncodedNumber>;
export type Metrics = Record<string, number>;

export function encodeNumber(value: number): EncodedNumber {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  if (value === -Infinity) return '-Infinity';
  return Object.is(value, -0) ? '-0' : value;
}

/** @throws TypeError on anything that {@link encodeNumber} cannot have written. */
export function decodeNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity' || value === '-0') return Number(value);
  throw new TypeError(
    `not a metric value: ${JSON.stringify(value)} (a number, "NaN", "Infinity", "-Infinity" or "-0")`,
  );
}

export const encodeMetrics = (metrics: Metrics): EncodedMetrics =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, encodeNumber(value)]));

export const decodeMetrics = (metrics: Record<string, unknown>): Metrics =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, decodeNumber(value)]));
