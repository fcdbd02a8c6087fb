/** The key `temporal.conditions`: `{ momentum: { when: { optimizer: sgd } } }`. */
import { sameValue } from './conditions.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { type LocatedValue, type Report, describe, toJson } from './located.ts';
import { didYouMean } from './problem.ts';
import type { Conditions, Distribution, Requirement, SearchSpace } from './resolved-sweep.ts';
import { NESTED } from './space.ts';

const MOST = 1_000;

/** Names are those of the space (`optimizer/momentum` for a nested one); a group of nested parameters stands for all in it. */
export function readConditions(value: LocatedValue | null, space: SearchSpace, report: Report): Conditions {
  if (value === null) return {};
  if (value.kind !== 'mapping') {
    report.problem(
      value,
      `must be a mapping such as { momentum: { when: { optimizer: sgd } } }, not ${describe(value)}.`,
    );
    return {};
  }
  const fields = fieldsOf(value, report);
  if (value.entries.size > MOST) {
    report.problem(
      value,
      `holds ${value.entries.size} conditions; at most ${MOST} are taken. Put parameters into groups.`,
    );
    return {};
  }
  const conditions = new Map<string, Requirement[]>();
  for (const [name, entry] of value.entries) {
    const members = Object.keys(space).filter((other) => other === name || other.startsWith(name + NESTED));
    if (members.length === 0) fields.problem(name, noParameter(name, space));
    const requirements = readWhen(entry.value, space, report);
    for (const member of members) conditions.set(member, [...(conditions.get(member) ?? []), ...requirements]);
  }
  for (const name of conditions.keys()) {
    const circle = circleFrom(name, conditions);
    if (circle === null) continue;
    fields.problem(name, `depends on itself: ${circle.join(' → ')}. Remove one of these conditions.`);
    return {};
  }
  return Object.fromEntries(conditions);
}

function readWhen(value: LocatedValue, space: SearchSpace, report: Report): Requirement[] {
  const fields = value.kind === 'mapping' ? fieldsOf(value, report) : null;
  const when = fields?.get('when') ?? null;
  if (when?.kind !== 'mapping' || when.entries.size === 0) {
    report.problem(value, 'needs "when" with at least one parameter, such as { when: { optimizer: sgd } }.');
    return [];
  }
  fields?.only(['when']);
  const parents = fieldsOf(when, report);
  return [...when.entries].map(([parameter, { value: wanted }]) => {
    checkParent(parents, parameter, space);
    const items = wanted.kind === 'list' ? wanted.items : [wanted];
    if (items.length === 0) report.problem(wanted, 'must be a value, or a list of at least one.');
    for (const item of items) checkValue(item, space[parameter], report);
    return { parameter, values: items.map(toJson) };
  });
}

function checkParent(parents: Fields, name: string, space: SearchSpace): void {
  const distribution = Object.hasOwn(space, name) ? space[name]! : null;
  if (distribution === null) parents.problem(name, noParameter(name, space));
  else if (!('values' in distribution) && !['int_uniform', 'constant'].includes(distribution.distribution))
    parents.problem(
      name,
      `is ${distribution.distribution}. A condition looks at values, an int_uniform or a constant.`,
    );
}

function checkValue(item: LocatedValue, distribution: Distribution | undefined, report: Report): void {
  const value = toJson(item);
  const refuse = (allowed: string) =>
    report.problem(item, `${describe(item)} is no value of that parameter. Allowed: ${allowed}.`);
  if (distribution === undefined) return;
  if ('values' in distribution || distribution.distribution === 'constant') {
    const values = 'values' in distribution ? distribution.values : [distribution.value];
    if (!values.some((other) => sameValue(other, value)))
      refuse(
        values
          .map((other) => JSON.stringify(other))
          .join(', ')
          .slice(0, 200),
      );
  } else if (distribution.distribution === 'int_uniform') {
    const { min, max } = distribution;
    if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max)
      refuse(`integers from ${min} to ${max}`);
  }
}

function noParameter(name: string, space: SearchSpace): string {
  const near = didYouMean(name, Object.keys(space));
  const question = near === null ? '' : ` Did you mean "${near}"?`;
  return `is no parameter.${question} Parameters: ${Object.keys(space).join(', ')}.`;
}

/** The way from a parameter back to itself; null when there is none. */
function circleFrom(start: string, conditions: ReadonlyMap<string, readonly Requirement[]>): string[] | null {
  const seen = new Set<string>();
  const search = (name: string, way: string[]): string[] | null => {
    for (const { parameter } of conditions.get(name) ?? []) {
      if (parameter === start) return [...way, parameter];
      if (seen.has(parameter)) continue;
      seen.add(parameter);
      const found = search(parameter, [...way, parameter]);
      if (found !== null) return found;
    }
    return null;
  };
  return search(start, [start]);
}
