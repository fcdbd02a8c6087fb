/**
 * The points of a grid. Without conditions in W&B's order: parameters by name, the last one fastest. With conditions, the
 * parameters that decide about others are the slowest, and what a trial does not have makes no further points. Pure.
 */
import type { Json } from '../../workflows/messages.ts';
import { onlyActive } from './conditions.ts';
import type { Conditions, Distribution, SearchSpace } from './resolved-sweep.ts';
import { gridLength, gridValue, parametersOf } from './space.ts';

type Parameter = readonly [name: string, distribution: Distribution];
type Flat = readonly (readonly [name: string, value: Json])[];

/** Combinations of deciding parameters that may be gone through for one point. */
export const MOST_DECISIONS = 10_000;

/** Combinations of the parameters that decide about others; more than {@link MOST_DECISIONS} are refused in sweep.yaml. */
export const decisions = (space: SearchSpace, conditions: Conditions): number => product(deciding(space, conditions));

/** Null when some parameter has no grid; Infinity when it is beyond counting. */
export function gridSize(space: SearchSpace, conditions: Conditions): number | null {
  if (Object.values(space).some((distribution) => gridLength(distribution) === null)) return null;
  let size = 0;
  for (const { points } of branches(space, conditions)) size += points;
  return Number.isSafeInteger(size) ? size : Infinity;
}

/** The point at an index from 0: parameters by name, without those that it does not have; null past the end. */
export function gridPoint(space: SearchSpace, conditions: Conditions, index: number): Flat | null {
  let rest = index;
  for (const { decided, others, points } of branches(space, conditions)) {
    if (rest >= points) rest -= points;
    else {
      const values = new Map([...decided, ...pointOf(others, rest)]);
      return parametersOf(space).flatMap(([name]) => (values.has(name) ? [[name, values.get(name)!] as const] : []));
    }
  }
  return null;
}

/** One branch for every different combination of deciding parameters; others vary within it. */
function* branches(
  space: SearchSpace,
  conditions: Conditions,
): Generator<{ decided: Flat; others: Parameter[]; points: number }> {
  const parents = deciding(space, conditions);
  const children = parametersOf(space).filter(([name]) => !parents.some(([parent]) => parent === name));
  const combinations = product(parents);
  const seen = new Set<string>();
  for (let index = 0; index < combinations; index++) {
    const flat = pointOf(parents, index);
    // The others' values do not matter to any condition.
    const active = onlyActive(conditions, [...flat, ...children.map(([name]) => [name, null] as const)]);
    const names = new Set(active.map(([name]) => name));
    const decided = flat.filter(([name]) => names.has(name));
    const key = parents.length === decided.length ? null : JSON.stringify(decided);
    if (key !== null && seen.has(key)) continue;
    if (key !== null) seen.add(key);
    const others = children.filter(([name]) => names.has(name));
    yield { decided, others, points: product(others) };
  }
}

function deciding(space: SearchSpace, conditions: Conditions): Parameter[] {
  const names = new Set(Object.values(conditions).flatMap((list) => list.map(({ parameter }) => parameter)));
  return parametersOf(space).filter(([name]) => names.has(name));
}

const product = (parameters: readonly Parameter[]): number =>
  parameters.reduce((size, [name, distribution]) => size * lengthOf(name, distribution), 1);

function pointOf(parameters: readonly Parameter[], index: number): Flat {
  let rest = index;
  return parameters
    .toReversed()
    .map(([name, distribution]): [string, Json] => {
      const length = lengthOf(name, distribution);
      const value = gridValue(distribution, rest % length);
      rest = Math.floor(rest / length);
      return [name, value];
    })
    .reverse();
}

function lengthOf(name: string, distribution: Distribution): number {
  const length = gridLength(distribution);
  if (length === null) throw new Error(`${name}: ${distribution.distribution} has no grid`);
  return length;
}
