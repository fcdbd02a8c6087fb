/**
 * Indices of the points that no other dominates, ascending; equal points do not dominate each other. Pure.
 * @param points to be minimised, all of one length, finite.
 */
export function paretoFront(points: readonly (readonly number[])[]): number[] {
  // None is dominated by one that comes later in this order, and what a dominated one dominates, the front does too.
  const order = points.map((_, index) => index).sort((one, other) => compare(points[one]!, points[other]!));
  const front: number[] = [];
  for (const index of order) {
    // With two objectives the newest member dominates whatever an older one does.
    if (front.findLast((other) => dominates(points[other]!, points[index]!)) === undefined) front.push(index);
  }
  return front.sort((one, other) => one - other);
}

function dominates(one: readonly number[], other: readonly number[]): boolean {
  return one.every((value, axis) => value <= other[axis]!) && one.some((value, axis) => value < other[axis]!);
}

function compare(one: readonly number[], other: readonly number[]): number {
  const axis = one.findIndex((value, index) => value !== other[index]);
  return axis === -1 ? 0 : one[axis]! - other[axis]!;
}
