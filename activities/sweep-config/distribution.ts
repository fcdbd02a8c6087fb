/**
 * One parameter of sweep.yaml to one distribution, after W&B's rules: without `distribution`, the first form that fits
 * the keys is meant; a key that does not belong to the form is an error.
 */
import { fromExponents } from './exponents.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { type LocatedValue, type Mapping, type Report, describe, toJson } from './located.ts';
import { didYouMean } from './problem.ts';
import type { Distribution } from './resolved-sweep.ts';

type Name = Distribution['distribution'] | 'log_uniform' | 'inv_log_uniform' | 'q_log_uniform';

/** Keys of each distribution besides `distribution` itself; those with `?` may be left out. */
const KEYS: Record<Name, readonly string[]> = {
  constant: ['value'],
  categorical: ['values'],
  categorical_w_probabilities: ['values', 'probabilities'],
  int_uniform: ['min', 'max'],
  uniform: ['min', 'max'],
  q_uniform: ['min', 'max', 'q?'],
  log_uniform_values: ['min', 'max'],
  inv_log_uniform_values: ['min', 'max'],
  q_log_uniform_values: ['min', 'max', 'q?'],
  normal: ['mu?', 'sigma?'],
  q_normal: ['mu?', 'sigma?', 'q?'],
  log_normal: ['mu?', 'sigma?'],
  q_log_normal: ['mu?', 'sigma?', 'q?'],
  beta: ['a?', 'b?'],
  q_beta: ['a?', 'b?', 'q?'],
  log_uniform: ['min', 'max'],
  inv_log_uniform: ['min', 'max'],
  q_log_uniform: ['min', 'max', 'q?'],
};
const NAMES = Object.keys(KEYS) as Name[];

/** Null when it cannot be used; the reasons are in the report. */
export function readDistribution(mapping: Mapping, report: Report): Distribution | null {
  const fields = fieldsOf(mapping, report);
  const name = fields.has('distribution') ? named(fields) : implied(fields);
  if (name === null) return null;
  const keys = KEYS[name].map((key) => ({ key: key.replace('?', ''), required: !key.endsWith('?') }));
  const before = report.problems.length;
  fields.only(['distribution', ...keys.map(({ key }) => key)]);
  for (const { key, required } of keys) {
    if (required && !fields.has(key)) report.problem(mapping, `needs "${key}" (distribution ${name}).`);
  }
  const distribution = report.problems.length === before ? build(name, fields) : null;
  return report.problems.length === before ? distribution : null;
}

function named(fields: Fields): Name | null {
  const value = fields.get('distribution');
  const word = value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null;
  const known = NAMES.find((name) => name === word);
  if (known !== undefined || value === null) return known ?? null;
  const near = word === null ? null : didYouMean(word, NAMES);
  const question = near === null ? '' : ` Did you mean "${near}"?`;
  fields.report.problem(value, `is no distribution: ${describe(value)}.${question} Allowed: ${NAMES.join(', ')}.`);
  return null;
}

/** The form that the keys imply, in the order of W&B's schema. */
function implied(fields: Fields): Name | null {
  const { mapping, report } = fields;
  if (fields.has('values')) return fields.has('probabilities') ? 'categorical_w_probabilities' : 'categorical';
  if (fields.has('value')) return 'constant';
  if (fields.has('q') && fields.has('min')) {
    report.problem(mapping, 'has "q" but no "distribution". Write distribution: q_uniform (or q_log_uniform_values).');
    return null;
  }
  if (fields.has('min') && fields.has('max')) {
    const [min, max] = [fields.number('min'), fields.number('max')];
    if (min === null || max === null) return null;
    if (min.float !== max.float) {
      report.violation(
        mapping,
        `${min.source} and ${max.source} are an integer and a float: taken as uniform. Write distribution: uniform, or two integers.`,
      );
    }
    return min.float || max.float ? 'uniform' : 'int_uniform';
  }
  if (fields.has('a') || fields.has('b')) {
    report.problem(mapping, 'has "a" or "b" but no "distribution". Write distribution: beta (or q_beta).');
    return null;
  }
  const needs =
    fields.has('mu') || fields.has('sigma')
      ? 'has "mu" or "sigma" but no "distribution". Write distribution: normal (or log_normal, q_normal, q_log_normal).'
      : 'says too little. Give "value", "values", "min" and "max", or a "distribution".';
  report.problem(mapping, needs);
  return null;
}

function build(distribution: Name, fields: Fields): Distribution | null {
  const { report, mapping } = fields;
  switch (distribution) {
    case 'constant':
      return { distribution, value: toJson(fields.get('value')!) };
    case 'categorical': {
      const values = list(fields, 'values');
      return values && { distribution, values: values.map(toJson) };
    }
    case 'categorical_w_probabilities': {
      const values = list(fields, 'values');
      const probabilities = weights(fields, values?.length);
      return values && probabilities && { distribution, values: values.map(toJson), probabilities };
    }
    case 'int_uniform': {
      const bounds = range(fields, false);
      if (bounds === null) return null;
      const float = [fields.number('min'), fields.number('max')].find((bound) => bound?.float);
      if (Number.isSafeInteger(bounds.min) && Number.isSafeInteger(bounds.max)) {
        if (float) report.violation(float, `${float.source} is a float, and int_uniform wants integers.`);
        return { distribution, ...bounds };
      }
      report.problem(mapping, 'int_uniform needs integers for "min" and "max". Use uniform for floats.');
      return null;
    }
    case 'uniform':
    case 'log_uniform_values':
    case 'inv_log_uniform_values': {
      const bounds = range(fields, distribution !== 'uniform');
      return bounds && { distribution, ...bounds };
    }
    case 'q_uniform':
    case 'q_log_uniform_values': {
      const bounds = range(fields, distribution !== 'q_uniform');
      return bounds && { distribution, ...bounds, ...quantum(fields) };
    }
    case 'normal':
    case 'log_normal':
      return { distribution, ...bell(fields) };
    case 'q_normal':
    case 'q_log_normal':
      return { distribution, ...bell(fields), ...quantum(fields) };
    case 'beta':
      return { distribution, ...shape(fields) };
    case 'q_beta':
      return { distribution, ...shape(fields), ...quantum(fields) };
    case 'log_uniform':
    case 'inv_log_uniform':
    case 'q_log_uniform': {
      const exponents = range(fields, false);
      const bounds = exponents && fromExponents(distribution, exponents, fields);
      if (bounds === null) return null;
      if (distribution === 'q_log_uniform')
        return { distribution: 'q_log_uniform_values', ...bounds, ...quantum(fields) };
      return { distribution: `${distribution}_values`, ...bounds };
    }
  }
}

function range(fields: Fields, logarithmic: boolean): { min: number; max: number } | null {
  const [min, max] = [fields.number('min'), fields.number('max')];
  if (min === null || max === null) return null;
  if (logarithmic && min.value <= 0) {
    fields.report.problem(min, `must be greater than 0 on a logarithmic scale, not ${min.source}.`);
    return null;
  }
  if (min.value < max.value) return { min: min.value, max: max.value };
  fields.report.problem(min, `must be less than "max": ${min.source} is not less than ${max.source}.`);
  return null;
}

/** W&B's default is the float 1.0; an integer `q` makes integers. */
function quantum(fields: Fields): { q: number; integer: boolean } {
  const q = fields.number('q');
  if (q !== null && q.value <= 0) fields.report.problem(q, `must be greater than 0, not ${q.source}.`);
  return q === null ? { q: 1, integer: false } : { q: q.value, integer: !q.float };
}

function bell(fields: Fields): { mu: number; sigma: number } {
  const sigma = fields.number('sigma');
  if (sigma !== null && sigma.value < 0) fields.report.problem(sigma, `must not be negative, and is ${sigma.source}.`);
  return { mu: fields.number('mu')?.value ?? 0, sigma: sigma?.value ?? 1 };
}

function shape(fields: Fields): { a: number; b: number } {
  const [a, b] = [fields.number('a'), fields.number('b')];
  for (const number of [a, b])
    if (number !== null && number.value <= 0)
      fields.report.problem(number, `must be greater than 0, not ${number.source}.`);
  return { a: a?.value ?? 1, b: b?.value ?? 1 };
}

function list(fields: Fields, key: string): readonly LocatedValue[] | null {
  const value = fields.get(key)!;
  if (value.kind === 'list' && value.items.length > 0) return value.items;
  fields.report.problem(value, `must be a list of at least one value, not ${describe(value)}. Write [a, b, c].`);
  return null;
}

function weights(fields: Fields, length: number | undefined): number[] | null {
  const items = list(fields, 'probabilities');
  if (items === null || length === undefined) return null;
  const numbers: number[] = [];
  for (const item of items) {
    const { value } = item.kind === 'scalar' ? item : { value: null };
    if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) numbers.push(value);
    else fields.report.problem(item, `must be a number of at least 0, not ${describe(item)}.`);
  }
  const sum = numbers.reduce((total, number) => total + number, 0);
  if (items.length !== length) {
    fields.problem('probabilities', `must be as many as "values": ${items.length} for ${length} values.`);
  } else if (numbers.length === length && Math.abs(sum - 1) > 1e-5 + 1e-8) {
    fields.problem('probabilities', `must add up to 1, not ${sum}.`);
  }
  return numbers;
}
