/** The beta distribution: its distribution function I_x(a, b) and the quantile function, to about 13 digits, relative ones at both ends. */

const HALF_LOG_TWO_PI = 0.9189385332046727;

/** ln Γ by Stirling's series, from 12 on; below, by Γ(x + 1) = x Γ(x). */
function logGamma(x: number): number {
  let product = 1;
  let large = x;
  while (large < 12) product *= large++;
  const square = 1 / (large * large);
  const series =
    (1 / 12 -
      square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - square * 1.9175e-3))))) /
    large;
  return (large - 0.5) * Math.log(large) - large + HALF_LOG_TWO_PI + series - Math.log(product);
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** The continued fraction of I_x(a, b) by Lentz's method; quick where x is below the mean. */
function fraction(x: number, a: number, b: number): number {
  const TINY = 1e-300;
  const awayFromZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let product = d;
  for (let m = 1; m <= 10_000; m++) {
    for (const numerator of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / awayFromZero(1 + numerator * d);
      c = awayFromZero(1 + numerator / c);
      product *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return product;
}

/** @param logX the logarithm of x: x itself may be too small for a float. */
function logCdf(logX: number, a: number, b: number, logB: number): number {
  const x = Math.exp(logX);
  const front = a * logX + b * Math.log1p(-x) - logB;
  if (x <= (a + 1) / (a + b + 2)) return front - Math.log(a) + Math.log(fraction(x, a, b));
  return Math.log1p(-Math.exp(front - Math.log(b)) * fraction(1 - x, b, a));
}

/** @param x 0 to 1; what is outside is taken for the nearer end. */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const logB = logBeta(a, b);
  return x <= 0.5 ? Math.exp(logCdf(Math.log(x), a, b, logB)) : -Math.expm1(logCdf(Math.log1p(-x), b, a, logB));
}

/**
 * @param u strictly between 0 and 1.
 * @param a greater than 0, as is b.
 */
export function betaQuantile(u: number, a: number, b: number): number {
  // Measured from 1 only where both u and x are nearer to it: no digits are lost in either.
  return u <= 0.5 || u <= betaCdf(0.5, a, b) ? fromZero(u, a, b) : 1 - fromZero(1 - u, b, a);
}

/** Newton's method in ln x, in which ln I is almost a straight line; kept between bounds by bisection. */
function fromZero(u: number, a: number, b: number): number {
  const logB = logBeta(a, b);
  const target = Math.log(u);
  // For x ≤ ½, I_x is at most x^a / (a B), times 2^(1 − b) where b < 1.
  let low = Math.min(-Math.LN2, (target + Math.log(a) + logB - Math.max(0, 1 - b) * Math.LN2) / a) - 1;
  let high = 0;
  let logX = Math.min(-Math.LN2, low + 1);
  for (let step = 0; step < 200; step++) {
    const error = logCdf(logX, a, b, logB) - target;
    if (error > 0) high = logX;
    else low = logX;
    const slope = Math.exp(a * logX + (b - 1) * Math.log1p(-Math.exp(logX)) - logB - (error + target));
    const newton = logX - error / slope;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - logX) <= 1e-16 * Math.max(1, Math.abs(logX))) return Math.exp(next);
    logX = next;
  }
  return Math.exp(logX);
}
