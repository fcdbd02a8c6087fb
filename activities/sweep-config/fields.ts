/** Reads the keys of one mapping; whatever is wrong goes to the report and yields null. */
import { type Entry, type LocatedValue, type Mapping, type Report, type Scalar, describe, join } from './located.ts';
import { unknownKey } from './problem.ts';

export interface Fields {
  readonly mapping: Mapping;
  readonly report: Report;
  has(key: string): boolean;
  get(key: string): LocatedValue | null;
  /** Blames the key itself. */
  problem(key: string, message: string): void;
  /** As {@link problem}, where W&B runs all the same. */
  violation(key: string, message: string): void;
  /** A problem for every key that is not allowed. */
  only(allowed: readonly string[]): void;
  text(key: string): string | null;
  oneOf<T extends string>(key: string, allowed: readonly T[]): T | null;
  number(key: string): (Scalar & { readonly value: number }) | null;
  /** An integer within bounds, both included. */
  integer(key: string, least: number, most: number): number | null;
}

export function fieldsOf(mapping: Mapping, report: Report): Fields {
  const entry = (key: string): Entry | undefined => mapping.entries.get(key);
  const get = (key: string): LocatedValue | null => entry(key)?.value ?? null;
  const at = (key: string) => ({ path: join(mapping.path, key), place: entry(key)?.key ?? mapping.place });
  const problem = (key: string, message: string): void => report.problem(at(key), message);
  const blame = (value: LocatedValue, message: string): null => {
    report.problem(value, message);
    return null;
  };
  const number = (key: string): (Scalar & { readonly value: number }) | null => {
    const value = get(key);
    if (value === null) return null;
    if (value.kind !== 'scalar' || typeof value.value !== 'number' || !Number.isFinite(value.value)) {
      return blame(value, `must be a finite number, not ${describe(value)}.`);
    }
    return { ...value, value: value.value };
  };
  const text = (key: string): string | null => {
    const value = get(key);
    if (value === null) return null;
    if (value.kind === 'scalar' && typeof value.value === 'string' && value.value !== '') return value.value;
    return blame(value, `must be text, not ${describe(value)}.`);
  };

  return {
    mapping,
    report,
    has: (key) => mapping.entries.has(key),
    get,
    problem,
    violation: (key, message) => report.violation(at(key), message),
    only(allowed) {
      for (const key of mapping.entries.keys()) if (!allowed.includes(key)) problem(key, unknownKey(key, allowed));
    },
    text,
    oneOf<T extends string>(key: string, allowed: readonly T[]): T | null {
      const value = get(key);
      if (value === null) return null;
      const found = allowed.find((word) => value.kind === 'scalar' && value.value === word);
      return found ?? blame(value, `must be one of ${allowed.join(', ')}, not ${describe(value)}.`);
    },
    number,
    integer(key, least, most) {
      const found = number(key);
      if (found === null) return null;
      const { value } = found;
      if (Number.isInteger(value) && value >= least && value <= most) return value;
      return blame(found, `must be an integer from ${least} to ${most}, not ${found.source}.`);
    },
  };
}
