/**
 * Objectives as the Gaussian process sees them: standardised, after a bend that draws a long tail of bad values in. The bend
 * is ln(1 + a t) / a, where t is 0 at the best and 1 at the median value; a is what makes the observations most likely.
 */

/** No bend, then ever stronger ones. */
export const BENDS: readonly number[] = [0, 0.3, 1, 3, 10, 30, 100, 1000];
/** A value this many times farther from the best than the median counts as this far. */
const FARTHEST = 1e12;

export interface Warped {
  readonly targets: Float64Array;
  /** Minus the logarithm of the density's part that the bend contributes. */
  readonly cost: number;
}

/** @param values at least one finite; infinite ones count as the worst finite. */
export function warp(values: readonly number[], bend: number): Warped {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  const [best, worst] = [finite[0]!, finite.at(-1)!];
  const middle = finite[Math.floor(finite.length / 2)]!;
  // Halves: the difference of two finite numbers may be infinite.
  const unit = middle > best ? middle / 2 - best / 2 : worst / 2 - best / 2;
  const bent = Float64Array.from(values, (value) => {
    const t = unit > 0 ? Math.min(FARTHEST, ((Number.isFinite(value) ? value : worst) / 2 - best / 2) / unit) : 0;
    return bend === 0 ? t : Math.log1p(bend * t) / bend;
  });
  const mean = bent.reduce((sum, one) => sum + one, 0) / bent.length;
  const deviation = Math.sqrt(bent.reduce((sum, one) => sum + (one - mean) * (one - mean), 0) / bent.length) || 1;
  // The slope of the bend at t is 1 / (1 + a t) = exp(−a · bent).
  const cost = bent.reduce((sum, one) => sum + bend * one + Math.log(deviation), 0);
  return { targets: bent.map((one) => (one - mean) / deviation), cost };
}
