/** How much of the space is dominated: the usual measure of a Pareto front. All objectives are minimised. */
import { paretoFront, type Objectives } from './pareto.ts';

/**
 * Exact volume between the vectors and a reference that is worse than they. A vector that is not better than the reference in
 * every objective adds nothing. Two objectives take O(n log n), more a time that may double with every vector: for fronts of
 * some dozens.
 */
export function hypervolume(vectors: readonly Objectives[], reference: Objectives): number {
  const inside = vectors.filter((vector) => vector.every((value, index) => value < reference[index]!));
  const front = paretoFront(inside).map((index) => inside[index]!);
  front.sort((one, other) => one[0]! - other[0]!);
  if (reference.length === 2) return area(front, reference);
  return front.reduce((sum, vector, index) => sum + exclusive(vector, front.slice(index + 1), reference), 0);
}

/** What each vector alone dominates: the hypervolume that would be lost without it. */
export const contributions = (vectors: readonly Objectives[], reference: Objectives): readonly number[] =>
  vectors.map((vector, index) => exclusive(vector, vectors.toSpliced(index, 1), reference));

/** The sum of rectangles from left to right. */
function area(front: readonly Objectives[], reference: Objectives): number {
  let [sum, ceiling] = [0, reference[1]!];
  for (const [x, y] of front) {
    if (y! >= ceiling) continue;
    sum += (reference[0]! - x!) * (ceiling - y!);
    ceiling = y!;
  }
  return sum;
}

/** The vector's own box without what the others take of it (While, Bradstreet and Barone: WFG). */
function exclusive(vector: Objectives, others: readonly Objectives[], reference: Objectives): number {
  const box = vector.reduce((product, value, index) => product * Math.max(0, reference[index]! - value), 1);
  if (box === 0 || others.length === 0) return box;
  const taken = others.map((other) => other.map((value, index) => Math.max(value, vector[index]!)));
  return box - hypervolume(taken, reference);
}
