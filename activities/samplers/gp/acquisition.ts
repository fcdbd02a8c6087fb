/** Expected improvement over the cube, and where it is greatest. */
import type { EncodedSpace, Point } from '../encoded-space.ts';
import type { Generator } from '../generator.ts';
import type { Unseen } from '../unseen.ts';
import { evenPoints, variation } from './candidates.ts';
import { meanLogEi } from './log-ei.ts';
import type { Outcome, Posterior, Prediction } from './posterior.ts';
import { createSearch, type Height } from './search.ts';

/** Places to look at before the best of them climb. */
const EVEN = 128;
const VARIATIONS = 64;

/** @param bests what is to be undercut, in every draw of the posterior. @param leaders the best points observed, the very best first. */
export type Maximise = (
  posterior: Posterior,
  bests: Float64Array,
  leaders: readonly Point[],
  random: Generator,
) => Point;

/** The answer is unseen if the search meets any such point. */
export function createAcquisition(space: EncodedSpace, unseen: Unseen): Maximise {
  const search = createSearch(space);
  const real = space.axes.flatMap(({ kind }, axis) => (kind === 'real' ? [axis] : []));

  return (posterior, bests, leaders, random) => {
    const outcome = (prediction: Prediction): Outcome => meanLogEi(prediction, bests);
    const height: Height = {
      at: (point) => (unseen.has(point) ? -Infinity : outcome(posterior.predict(point)).value),
      differentiate: (point, gradient) => posterior.differentiate(point, real, outcome, gradient),
    };
    const variations = Array.from({ length: VARIATIONS }, (_, index) =>
      variation(space, leaders[index % leaders.length]!, 0.3 * 0.5 ** (index % 8), random),
    );
    return search(height, [...evenPoints(space, EVEN, random), ...variations], leaders.slice(0, 1));
  };
}
