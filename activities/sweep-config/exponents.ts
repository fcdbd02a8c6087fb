/** W&B's deprecated logarithmic distributions, whose `min` and `max` are natural exponents, as those with plain values. */
import type { Fields } from './fields.ts';

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Null after a problem: an exponent that no float can hold, or ends that are the same. */
export function fromExponents(
  distribution: 'log_uniform' | 'inv_log_uniform' | 'q_log_uniform',
  exponents: Range,
  fields: Fields,
): Range | null {
  const { mapping, report } = fields;
  const [least, most] =
    distribution === 'inv_log_uniform' ? [-exponents.max, -exponents.min] : [exponents.min, exponents.max];
  const [min, max] = [Math.exp(least), Math.exp(most)];
  if (min === 0 || max === Infinity || min >= max) {
    report.problem(
      mapping,
      `${distribution} takes exponents: these would be values from ${min} to ${max}. Use ${distribution}_values, with min and max as plain values.`,
    );
    return null;
  }
  report.violation(
    mapping,
    `${distribution} takes exponents and is deprecated. Use ${distribution}_values with min: ${min} and max: ${max}.`,
  );
  return { min, max };
}
