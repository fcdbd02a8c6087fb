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
export function paretoFront(vectors: readonly Objectives[]): readonly number[] {
  const front: number[] = [];
  for (const index of lexicographic(vectors)) {
    if (front.findLast((other) => dominates(vectors[other]!, vectors[index]!)) === undefined) front.push(index);
  }
  return front.sort((one, other) => one - other);
}

/**
 * All vectors in fronts: the first is dominated by none, each further one only by vectors of those before it. Indices
 * ascend within a front. Two objectives take O(n log n), more O(n²) at worst; memory is O(n).
 */
export function fronts(vectors: readonly Objectives[]): readonly (readonly number[])[] {
  const pairs = vectors[0]?.length === 2;
  const found: number[][] = [];
  for (const index of lexicographic(vectors)) {
    const isDominating = (other: number): boolean => dominates(vectors[other]!, vectors[index]!);
    // Who is dominated by a front is so by each front before it.
    let [low, high] = [0, found.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const front = found[middle]!;
      // Of pairs only the lowest so far, a front's last, can dominate the next one.
      const dominated = pairs ? isDominating(front.at(-1)!) : front.findLast(isDominating) !== undefined;
      if (dominated) low = middle + 1;
      else high = middle;
    }
    (found[low] ??= []).push(index);
  }
  return found.map((front) => front.sort((one, other) => one - other));
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

/** Indices by the first objective, then by the next: none is dominated by a later one. */
function lexicographic(vectors: readonly Objectives[]): number[] {
  return [...vectors.keys()].sort((one, other) => {
    const [left, right] = [vectors[one]!, vectors[other]!];
    const differing = left.findIndex((value, index) => value !== right[index]);
    return differing === -1 ? 0 : compare(left[differing]!, right[differing]!);
  });
}
