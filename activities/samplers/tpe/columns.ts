/** Arrays that grow, for numbers per kernel: a density over ten thousand kernels is then a loop over plain memory. */

/** Twice the room, the old numbers kept. */
export function grown(data: Float64Array, wanted: number): Float64Array {
  if (data.length >= wanted) return data;
  const larger = new Float64Array(Math.max(wanted, 2 * data.length));
  larger.set(data);
  return larger;
}

/** First index in a sorted list of slots at which `at[slot] >= value`. */
export function lowerBound(sorted: readonly number[], at: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at[sorted[middle]!]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
