/** Minimisation within bounds: L-BFGS on the coordinates that no bound holds, with a backtracking search along the bent line. */

/** Writes the gradient and returns the value. */
export type Differentiable = (x: Float64Array, gradient: Float64Array) => number;

export interface Bounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
}

/** When it is enough. */
export interface Enough {
  /** Most steps. */
  readonly turns: number;
  /** A gradient none of whose free parts is larger. */
  readonly slope: number;
  /** A step that gains less. */
  readonly gain: number;
}

/** A step taken, and what it changed in the gradient. */
interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly inverse: number;
}

/** Steps remembered. */
const MEMORY = 8;
/** Longest first step on any axis. */
const FIRST = 0.3;
const HALVINGS = 20;

export function minimise(f: Differentiable, start: Float64Array, { low, high }: Bounds, enough: Enough): Minimum {
  const clamp = (value: number, index: number): number => Math.min(high[index]!, Math.max(low[index]!, value));
  let x: Float64Array = start.map(clamp);
  let gradient: Float64Array = new Float64Array(x.length);
  let value = f(x, gradient);
  let pairs: Pair[] = [];
  for (let turn = 0; turn < enough.turns; turn++) {
    const free = gradient.map((slope, index) => (x[index] === (slope > 0 ? low : high)[index] ? 0 : 1));
    const downhill = gradient.map((slope, index) => -slope * free[index]!);
    const steepest = downhill.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
    if (!(steepest > enough.slope)) break;
    let direction = bend(downhill, pairs).map((along, index) => along * free[index]!);
    if (!(inner(direction, gradient) < 0)) [direction, pairs] = [downhill, []];
    const next = advance(direction, pairs.length === 0 ? Math.min(1, FIRST / steepest) : 1);
    if (next === null) {
      if (pairs.length === 0) break;
      pairs = []; // once more, straight downhill
      continue;
    }
    const step = next.x.map((to, index) => to - x[index]!);
    const change = next.gradient.map((to, index) => to - gradient[index]!);
    const curvature = inner(step, change);
    if (curvature > 1e-12 * inner(change, change)) {
      pairs.push({ step, change, inverse: 1 / curvature });
      if (pairs.length > MEMORY) pairs.shift();
    }
    const gain = value - next.value;
    ({ x, gradient, value } = next);
    if (gain < enough.gain) break;
  }
  return { x, value };

  /** The first point along the direction, bent at the bounds, that is lower by enough. */
  function advance(direction: Float64Array, first: number): (Minimum & { gradient: Float64Array }) | null {
    let rate = first;
    for (let halving = 0; halving < HALVINGS; halving++) {
      const to = x.map((from, index) => clamp(from + rate * direction[index]!, index));
      const slope = to.reduce((sum, at, index) => sum + (at - x[index]!) * gradient[index]!, 0);
      const next = new Float64Array(x.length);
      const reached = f(to, next);
      if (reached <= value + 1e-4 * slope && slope < 0) return { x: to, value: reached, gradient: next };
      const parabola = (-0.5 * slope * rate) / (reached - value - slope);
      rate = parabola > 0.1 * rate && parabola < 0.5 * rate ? parabola : rate * (Number.isFinite(reached) ? 0.3 : 0.1);
    }
    return null;
  }
}

/** The two loops: downhill, multiplied by the approximate inverse Hessian. */
function bend(downhill: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = Float64Array.from(downhill);
  const shares = pairs.map(() => 0);
  for (let index = pairs.length - 1; index >= 0; index--) {
    const { step, change, inverse } = pairs[index]!;
    const share = (shares[index] = inverse * inner(step, direction));
    for (let k = 0; k < direction.length; k++) direction[k]! -= share * change[k]!;
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.inverse * inner(last.change, last.change));
    for (let k = 0; k < direction.length; k++) direction[k]! *= scale;
  }
  for (const [index, { step, change, inverse }] of pairs.entries()) {
    const rest = shares[index]! - inverse * inner(change, direction);
    for (let k = 0; k < direction.length; k++) direction[k]! += rest * step[k]!;
  }
  return direction;
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
