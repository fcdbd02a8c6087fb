/** The key `early_terminate`: W&B's hyperband. It is checked and kept; nothing stops a trial by it yet. */
import { type Fields, fieldsOf } from './fields.ts';
import { describe } from './located.ts';
import type { Hyperband } from './resolved-sweep.ts';

const KEYS = ['type', 'min_iter', 'max_iter', 's', 'eta', 'strict'];

/** Null without it, and after a problem. */
export function readEarlyTerminate(fields: Fields): Hyperband | null {
  const value = fields.get('early_terminate');
  if (value === null) return null;
  const { report } = fields;
  if (value.kind !== 'mapping') {
    report.problem(value, `must be a mapping such as { type: hyperband, min_iter: 3 }, not ${describe(value)}.`);
    return null;
  }
  const given = fieldsOf(value, report);
  for (const key of value.entries.keys())
    if (!KEYS.includes(key))
      given.violation(key, `is not a key known here, and is ignored. Allowed: ${KEYS.join(', ')}.`);
  if (!given.has('type')) report.problem(value, 'needs "type". Add type: hyperband.');
  const type = given.oneOf('type', ['hyperband']);
  const [minIter, maxIter, s] = ['min_iter', 'max_iter', 's'].map((key) => given.integer(key, 1, 1e9)) as [
    number | null,
    number | null,
    number | null,
  ];
  const counted = given.has('max_iter') && given.has('s');
  if (!counted && !given.has('min_iter')) {
    report.problem(value, 'needs "min_iter", or "max_iter" and "s". Add min_iter: 1.');
  } else if (counted ? given.has('min_iter') : given.has('max_iter') || given.has('s')) {
    const [used, unused] = counted ? ['max_iter', 'min_iter'] : ['min_iter', given.has('s') ? 's' : 'max_iter'];
    report.warn(value, `has both "${used}" and "${unused}": "${used}" counts.`);
  }
  const eta = given.number('eta');
  if (eta !== null && eta.value <= 1) report.problem(eta, `must be greater than 1, not ${eta.source}.`);
  if (counted && maxIter !== null && maxIter < (eta?.value ?? 3))
    report.problem(value, 'leaves no iteration to judge at: "max_iter" is less than "eta". Raise max_iter.');
  if (!fields.has('metric')) report.problem(value, 'needs "metric": the value by which trials are judged.');
  if (type === null) return null;
  report.warn(value, 'has no effect yet: nothing stops trials early, and each runs to its end.');
  return {
    type,
    minIter: counted ? null : minIter,
    maxIter: counted ? maxIter : null,
    s: counted ? s : null,
    eta: eta?.value ?? 3,
    strict: readStrict(given),
  };
}

/** Only a literal true is strict at W&B; the schema's default is true. */
function readStrict(fields: Fields): boolean {
  const value = fields.get('strict');
  if (value === null) return true;
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
  fields.report.violation(value, `must be true or false, not ${describe(value)}; false is taken.`);
  return false;
}
