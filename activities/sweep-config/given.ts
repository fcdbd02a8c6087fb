/** Hyperparameters that a user gives for one trial: values only (P14), checked against the search space. Pure. */
import type { Hyperparameters, Json } from '../../workflows/messages.ts';
import { cellOf } from './cdf.ts';
import { onlyActive } from './conditions.ts';
import { ppf } from './ppf.ts';
import { unknownKey } from './problem.ts';
import type { Distribution, ResolvedSweep, SearchSpace } from './resolved-sweep.ts';
import { flatten, nest, NESTED } from './space.ts';

export type GivenResult =
  | { readonly ok: true; readonly hyperparameters: Hyperparameters }
  /** One sentence or more: what, where, what is allowed. */
  | { readonly ok: false; readonly message: string };

/** @param given nested as in sweep.yaml, or with names such as `optimizer/lr`; what is left out is for the sampler. */
export function checkGiven(space: SearchSpace, given: unknown): GivenResult {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { ok: false, message: 'hyperparameters are given as an object of names and values, such as {"lr": 0.1}.' };
  const flat = flatGiven(space, given as Hyperparameters);
  const complaints = flat.flatMap(([name, value]) => {
    if (!Object.hasOwn(space, name)) return `${name} ${unknownKey(name, Object.keys(space))}`;
    const allowed = objection(space[name]!, value);
    return allowed === null ? [] : `${name} must be ${allowed}, not ${JSON.stringify(value)}.`;
  });
  if (complaints.length > 0) return { ok: false, message: complaints.slice(0, 20).join('\n') };
  return { ok: true, hyperparameters: nest(flat) };
}

/**
 * What a user gave, and for the rest what the sampler proposes. A parameter that exists only because of what was given is one
 * the sampler has not proposed: it is in the middle of its distribution.
 */
export function complete(
  { space, conditions }: Pick<ResolvedSweep, 'space' | 'conditions'>,
  given: Hyperparameters,
  proposed: Hyperparameters,
): Hyperparameters {
  const own = new Map(flatGiven(space, given));
  const values = flatten(space, proposed).map(([name, value]): [string, Json] => {
    if (own.has(name)) return [name, own.get(name)!];
    const isNull = value === null && cellOf(space[name]!, null) !== null;
    return [name, isNull ? null : (value ?? ppf(space[name]!, 0.5))];
  });
  return nest(onlyActive(conditions, values));
}

function flatGiven(space: SearchSpace, given: Hyperparameters, prefix = ''): [name: string, value: Json][] {
  return Object.entries(given).flatMap(([key, value]): [string, Json][] => {
    const name = prefix + key;
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (Object.hasOwn(space, name) || !isGroup) return [[name, value]];
    return flatGiven(space, value as Hyperparameters, name + NESTED);
  });
}

/** What is allowed instead; null when the value is. */
function objection(distribution: Distribution, value: Json): string | null {
  switch (distribution.distribution) {
    case 'constant':
      return same(distribution.value, value) ? null : `${JSON.stringify(distribution.value)}, as it is constant here`;
    case 'categorical':
    case 'categorical_w_probabilities': {
      const { values } = distribution;
      return values.some((other) => same(other, value)) ? null : `one of ${JSON.stringify(values).slice(1, -1)}`;
    }
    default:
      return numberObjection(distribution, value);
  }
}

type Numeric = Exclude<
  Distribution,
  { distribution: 'constant' } | { distribution: 'categorical' } | { distribution: 'categorical_w_probabilities' }
>;

function numberObjection(distribution: Numeric, value: Json): string | null {
  const { least, most } = boundsOf(distribution);
  const step = 'q' in distribution ? distribution.q : distribution.distribution === 'int_uniform' ? 1 : null;
  const kind = step === null ? 'a number' : step === 1 ? 'a whole number' : `a multiple of ${step}`;
  const range = Number.isFinite(least) ? ` from ${least}${Number.isFinite(most) ? ` to ${most}` : ''}` : '';
  if (typeof value !== 'number' || !Number.isFinite(value)) return kind + range;
  const steps = step === null ? 0 : value / step;
  const isStep = Math.abs(steps - Math.round(steps)) <= 1e-9 * Math.max(1, Math.abs(steps));
  return isStep && value >= least && value <= most ? null : kind + range;
}

/** Quantised values may leave [min, max] by half a step, as at W&B: the ends are those of the values themselves. */
function boundsOf(distribution: Numeric): { readonly least: number; readonly most: number } {
  if ('min' in distribution) {
    const { min, max } = distribution;
    if (!('q' in distribution)) return { least: min, most: max };
    return { least: ppf(distribution, 0) as number, most: ppf(distribution, 1) as number };
  }
  if (distribution.distribution === 'beta') return { least: 0, most: 1 };
  if (distribution.distribution === 'q_beta')
    return { least: ppf(distribution, 0) as number, most: ppf(distribution, 1) as number };
  const positive = distribution.distribution === 'log_normal' || distribution.distribution === 'q_log_normal';
  return { least: positive ? 0 : -Infinity, most: Infinity };
}

const same = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other);
