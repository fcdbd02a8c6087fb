/**
 * Symmetric positive definite systems. A matrix is its lower triangle, row after row: it grows by a row without moving, and
 * the factor of the larger matrix begins with the factor of the smaller.
 */

/** Where row i begins. */
export const rowAt = (i: number): number => (i * (i + 1)) / 2;

/** Smallest square of a pivot, as a part of the noise: exact arithmetic would leave all of the noise. */
export const LEAST_PIVOT = 1e-3;

/** Four sums side by side: one sum would wait for itself at every addition. */
export function dot(a: Float64Array, from: number, b: Float64Array, at: number, length: number): number {
  let s0 = 0; // declared together as a pattern they would be kept as objects
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += a[from + k]! * b[at + k]!;
    s1 += a[from + k + 1]! * b[at + k + 1]!;
    s2 += a[from + k + 2]! * b[at + k + 2]!;
    s3 += a[from + k + 3]! * b[at + k + 3]!;
  }
  for (; k < length; k++) s0 += a[from + k]! * b[at + k]!;
  return s0 + s1 + (s2 + s3);
}

/** Turns row i of A into row i of its factor L, where all rows above are L's already. @param least smallest square of a pivot. */
export function extend(rows: Float64Array, i: number, least: number): void {
  const at = rowAt(i);
  for (let j = 0; j < i; j++) {
    const other = rowAt(j);
    rows[at + j] = (rows[at + j]! - dot(rows, at, rows, other, j)) / rows[other + j]!;
  }
  rows[at + i] = Math.sqrt(Math.max(least, rows[at + i]! - dot(rows, at, rows, at, i)));
}

/** Solves L x = b for the first n rows, in place. */
export function solveLower(rows: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const at = rowAt(i);
    b[i] = (b[i]! - dot(rows, at, b, 0, i)) / rows[at + i]!;
  }
}

/** Solves Lᵀ x = b for the first n rows, in place. */
export function solveUpper(rows: Float64Array, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const at = rowAt(i);
    const x = (b[i]! /= rows[at + i]!);
    for (let j = 0; j < i; j++) b[j]! -= rows[at + j]! * x;
  }
}

/** The lower triangle of A⁻¹, from the factor of A. */
export function invert(rows: Float64Array, n: number): Float64Array {
  const columns = new Float64Array(n * n); // row j: column j of L⁻¹, so that all loops run along memory
  for (let j = 0; j < n; j++) {
    const base = j * n;
    columns[base + j] = 1 / rows[rowAt(j) + j]!;
    for (let i = j + 1; i < n; i++) {
      const at = rowAt(i);
      columns[base + i] = -dot(rows, at + j, columns, base + j, i - j) / rows[at + i]!;
    }
  }
  const inverse = new Float64Array(rowAt(n));
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) inverse[rowAt(i) + j] = dot(columns, i * n + i, columns, j * n + i, n - i);
  return inverse;
}
