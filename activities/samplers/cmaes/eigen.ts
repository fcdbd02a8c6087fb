/** Eigenvectors of a symmetric matrix by Jacobi's rotations: exact enough for any matrix, fast up to a hundred rows. */

export type Matrix = readonly Float64Array[];

export interface Eigen {
  readonly values: Float64Array;
  /** Column k belongs to value k. Orthonormal. */
  readonly vectors: Matrix;
}

const MOST_SWEEPS = 50;

export function eigen(matrix: Matrix): Eigen {
  const a = matrix.map((row) => row.slice());
  const size = a.length;
  const vectors = a.map((_, row) => Float64Array.from(a, (__, column) => Number(row === column)));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let [off, all] = [0, 0];
    for (let p = 0; p < size; p++) {
      all += a[p]![p]! ** 2;
      for (let q = p + 1; q < size; q++) off += a[p]![q]! ** 2;
    }
    if (off <= 1e-30 * all) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, vectors, p, q);
  }
  return { values: Float64Array.from(a, (row, index) => row[index]!), vectors };
}

/** Turns axes p and q so that a[p][q] becomes 0. */
function rotate(a: readonly Float64Array[], vectors: readonly Float64Array[], p: number, q: number): void {
  const apq = a[p]![q]!;
  if (apq === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * apq);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  const turn = (row: Float64Array): void => {
    const [x, y] = [row[p]!, row[q]!];
    row[p] = cosine * x - sine * y;
    row[q] = sine * x + cosine * y;
  };
  for (const row of a) turn(row);
  const [above, below] = [a[p]!, a[q]!];
  for (const k of a.keys()) {
    const [x, y] = [above[k]!, below[k]!];
    above[k] = cosine * x - sine * y;
    below[k] = sine * x + cosine * y;
  }
  for (const row of vectors) turn(row);
}
