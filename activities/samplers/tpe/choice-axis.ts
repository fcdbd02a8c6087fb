/**
 * The kernels of a choice: a little mass for every category, the rest on the one that was observed. The more kernels there
 * are, the less each spreads (Optuna's rule). The prior's kernel has the space's own probabilities.
 */
import type { Axis } from '../encoded-space.ts';
import type { KernelAxis } from './ordered-axis.ts';

export function choiceAxis({ count: categories, probabilities }: Extract<Axis, { kind: 'choice' }>): KernelAxis {
  const chosen: number[] = [-1];
  const masses = (count: number): { other: number; same: number } => {
    const whole = 1 + categories / count;
    return { other: 1 / count / whole, same: (1 + 1 / count) / whole };
  };
  return {
    put(slot, u) {
      chosen[slot] = u;
      return [slot];
    },
    drop(slot, last) {
      chosen[slot] = chosen[last]!;
      return [slot];
    },
    own: () => 0,
    accumulate(u, sums, from, to, count) {
      const { other, same } = masses(count);
      const [lnOther, lnSame] = [Math.log(other), Math.log(same)];
      for (let slot = from; slot < to; slot++) sums[slot - from]! += chosen[slot] === u ? lnSame : lnOther;
      if (from === 0) sums[0]! += Math.log(Math.max(probabilities[u]!, 1e-300)) - lnOther;
    },
    draw(slot, random, count) {
      const { other, same } = masses(count);
      let rest = random;
      for (let category = 0; category < categories; category++) {
        const mass = slot === 0 ? probabilities[category]! : category === chosen[slot] ? same : other;
        if (rest < mass) return category;
        rest -= mass;
      }
      return chosen[slot] === -1 ? probabilities.findLastIndex((mass) => mass > 0) : chosen[slot]!;
    },
  };
}
