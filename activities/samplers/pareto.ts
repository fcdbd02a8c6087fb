/** Several objectives, all minimised: which vectors are better than which. Vectors are named by their indices. */

export type Objectives = readonly number[];

/** Nowhere worse, and better somewhere. */
export function dominates(one: Objectives, other: Objectives): boolean {
  let better = false;
  for (let index = 0; index < one.length; index++) {
    if (one[index]! > other[index]!) return false;
    if (one[index]! < other[index]!) better = true;
  }
  return better;
}

/** The vectors that none dominates, in their order. Equal ones are all in it. */
export const paretoFront = (vectors: readonly Objectives[]): readonly number[] => fronts(vectors)[0] ?? [];

/**
 * All vectors in fronts: the first is dominated by none, each further one only by vectors of those before it. Indices
 * ascend within a front. Two objectives take O(n log n), more O(n²).
 */
export function fronts(vectors: readonly Objectives[]): readonly (readonly number[])[] {
  const sorted = vectors[0]?.length === 2 ? frontsOfPairs(vectors) : frontsByCounting(vectors);
  return sorted.map((front) => front.sort((one, other) => one - other));
}

/** From left to right: only the lowest vector of a front so far, its last, can dominate the next one. */
function frontsOfPairs(vectors: readonly Objectives[]): number[][] {
  const order = [...vectors.keys()].sort(
    (one, other) => compare(vectors[one]![0]!, vectors[other]![0]!) || compare(vectors[one]![1]!, vectors[other]![1]!),
  );
  const found: number[][] = [];
  for (const index of order) {
    let [low, high] = [0, found.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (dominates(vectors[found[middle]!.at(-1)!]!, vectors[index]!)) low = middle + 1;
      else high = middle;
    }
    (found[low] ??= []).push(index);
  }
  return found;
}

function frontsByCounting(vectors: readonly Objectives[]): number[][] {
  const dominators = new Uint32Array(vectors.length);
  const dominated = vectors.map((): number[] => []);
  for (const [index, one] of vectors.entries())
    for (const [other, two] of vectors.entries())
      if (dominates(one, two)) {
        dominated[index]!.push(other);
        dominators[other]!++;
      }
  const found: number[][] = [];
  let front = [...vectors.keys()].filter((index) => dominators[index] === 0);
  while (front.length > 0) {
    found.push(front);
    front = front.flatMap((index) => dominated[index]!.filter((other) => --dominators[other]! === 0));
  }
  return found;
}

/**
 * How far each vector's neighbours on both sides are from one another, as a part of the range, summed over the objectives.
 * Infinity at either end: Deb's crowding distance. Objectives with an infinite range do not count.
 */
export function crowding(vectors: readonly Objectives[]): readonly number[] {
  const distances = vectors.map(() => 0);
  for (const objective of (vectors[0] ?? []).keys()) {
    const at = (index: number): number => vectors[index]![objective]!;
    const order = [...vectors.keys()].sort((one, other) => compare(at(one), at(other)) || one - other);
    const [first, last] = [order[0]!, order.at(-1)!];
    const range = at(last) - at(first);
    if (range === 0 || !Number.isFinite(range)) continue;
    distances[first] = distances[last] = Infinity;
    for (let place = 1; place < order.length - 1; place++)
      distances[order[place]!]! += (at(order[place + 1]!) - at(order[place - 1]!)) / range;
  }
  return distances;
}

/** All vectors, the best first: by front, within a front the lonelier first, ties in their order. */
export function bestFirst(vectors: readonly Objectives[]): readonly number[] {
  return fronts(vectors).flatMap((front) => {
    const distances = crowding(front.map((index) => vectors[index]!));
    return [...front.keys()]
      .sort((one, other) => compare(distances[other]!, distances[one]!) || one - other)
      .map((place) => front[place]!);
  });
}

/** Infinities, too, may be equal. */
const compare = (one: number, other: number): number => (one < other ? -1 : one > other ? 1 : 0);
