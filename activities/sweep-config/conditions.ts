/** Which parameters a trial has: some exist only beside certain values of others. Pure. */
import type { Json } from '../../workflows/messages.ts';
import type { Conditions } from './resolved-sweep.ts';

/**
 * Drops the parameters that a trial does not have.
 * @param flat every parameter of the space with a value, names as in the space.
 */
export function onlyActive(
  conditions: Conditions,
  flat: readonly (readonly [name: string, value: Json])[],
): (readonly [name: string, value: Json])[] {
  if (Object.keys(conditions).length === 0) return [...flat];
  const values = new Map(flat);
  const known = new Map<string, boolean>();
  const active = (name: string): boolean => {
    const cached = known.get(name);
    if (cached !== undefined) return cached;
    const requirements = Object.hasOwn(conditions, name) ? conditions[name]! : [];
    const answer = requirements.every(({ parameter, values: wanted }) => {
      const value = values.get(parameter);
      return value !== undefined && active(parameter) && wanted.some((other) => sameValue(other, value));
    });
    known.set(name, answer);
    return answer;
  };
  return flat.filter(([name]) => active(name));
}

export const sameValue = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other);
