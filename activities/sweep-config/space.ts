/** The search space: order of its parameters, values of a grid, nesting. */
import type { Hyperparameters, Json } from '../../workflows/messages.ts';
import type { Distribution, SearchSpace } from './resolved-sweep.ts';

/** Joins the names of nested parameters; no name may contain it. */
export const NESTED = '/';

/** W&B's order: by name at every level of nesting. */
export function compareNames(a: string, b: string): number {
  const [left, right] = [a.split(NESTED), b.split(NESTED)];
  for (let level = 0; level < Math.min(left.length, right.length); level++) {
    if (left[level]! !== right[level]!) return left[level]! < right[level]! ? -1 : 1;
  }
  return left.length - right.length;
}

/** All parameters in W&B's order. */
export const parametersOf = (space: SearchSpace): [name: string, distribution: Distribution][] =>
  Object.entries(space).sort(([a], [b]) => compareNames(a, b));

/** `{ 'optimizer/lr': 1 }` to `{ optimizer: { lr: 1 } }`. */
export function nest(flat: readonly (readonly [name: string, value: Json])[]): Hyperparameters {
  const groups = new Map<string, Json | [string, Json][]>();
  for (const [name, value] of flat) {
    const cut = name.indexOf(NESTED);
    if (cut === -1) groups.set(name, value);
    else {
      const key = NESTED + name.slice(0, cut);
      const group = (groups.get(key) as [string, Json][] | undefined) ?? [];
      group.push([name.slice(cut + 1), value]);
      groups.set(key, group);
    }
  }
  const entries = [...groups].map(([key, value]): [string, Json] =>
    key.startsWith(NESTED) ? [key.slice(1), nest(value as [string, Json][])] : [key, value as Json],
  );
  return Object.fromEntries(entries);
}

/** The inverse of {@link nest} for the parameters of a space; a parameter that is missing yields null. */
export function flatten(space: SearchSpace, hyperparameters: Hyperparameters): [name: string, value: Json | null][] {
  return parametersOf(space).map(([name]) => {
    let value: Json | undefined = hyperparameters;
    for (const key of name.split(NESTED)) {
      const within: boolean =
        typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key);
      value = within ? (value as Hyperparameters)[key] : undefined;
    }
    return [name, value ?? null];
  });
}

/** Number of values of a parameter in a grid, repeated ones counted once; null where there is no grid. */
export function gridLength(distribution: Distribution): number | null {
  switch (distribution.distribution) {
    case 'constant':
      return 1;
    case 'categorical':
      return distinct(distribution.values).length;
    case 'int_uniform':
      return distribution.max - distribution.min + 1;
    case 'q_uniform':
      return Math.max(0, Math.ceil((distribution.max - distribution.min) / distribution.q));
    default:
      return null;
  }
}

/** The value at an index below {@link gridLength}. */
export function gridValue(distribution: Distribution, index: number): Json {
  switch (distribution.distribution) {
    case 'constant':
      return distribution.value;
    case 'categorical':
      return distinct(distribution.values)[index]!;
    case 'int_uniform':
      return distribution.min + index;
    case 'q_uniform': {
      // Like numpy's arange: the step is what is left of q after the first addition. The end is excluded.
      const { min, q } = distribution;
      return min + index * (min + q - min);
    }
    default:
      throw new Error(`${distribution.distribution} has no grid`);
  }
}

/** W&B skips repeated values of a grid. */
function distinct(values: readonly Json[]): readonly Json[] {
  const seen = new Map<string, Json>();
  for (const value of values) {
    const key = JSON.stringify(value);
    if (!seen.has(key)) seen.set(key, value);
  }
  return [...seen.values()];
}
