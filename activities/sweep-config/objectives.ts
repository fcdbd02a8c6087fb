/** The keys `metric` and `metrics`: what trials are compared by. */
import { type Fields, fieldsOf } from './fields.ts';
import { type LocatedValue, type Report, describe } from './located.ts';
import { didYouMean } from './problem.ts';
import type { Method, Metric, Objective, ResolvedSweep } from './resolved-sweep.ts';

const GOALS = ['minimize', 'maximize'] as const;
const IMPUTES = ['worst', 'best', 'latest'] as const;

export function readObjectives(fields: Fields, method: Method | null): Pick<ResolvedSweep, 'metric' | 'metrics'> {
  const { report, mapping } = fields;
  const [one, several] = [fields.get('metric'), fields.get('metrics')];
  const metrics = several === null ? [] : readMetrics(several, report);
  const metric = one === null ? null : readMetric(one, report);
  if (several !== null) {
    if (one !== null) fields.violation('metric', 'does not go together with "metrics", and is ignored.');
    if (method !== 'custom') fields.violation('metrics', 'wants method: custom at W&B; here any method takes it.');
    return { metric: null, metrics };
  }
  if (one === null && method === 'bayes') {
    report.problem(
      mapping,
      'has no "metric", and method: bayes learns from one. Add metric: { name: loss, goal: minimize }.',
    );
  }
  return { metric, metrics };
}

/** Null after a problem. A wrong goal is an error here: W&B would silently minimise. */
function readMetric(value: LocatedValue, report: Report): Metric | null {
  const fields = named(value, report, ['target', 'impute', 'impute_while_running']);
  if (fields === null) return null;
  return {
    ...objective(fields),
    target: fields.number('target')?.value ?? null,
    impute: word(fields, 'impute', IMPUTES) ?? 'worst',
    imputeWhileRunning: word(fields, 'impute_while_running', IMPUTES, ['false', false]),
  };
}

function readMetrics(value: LocatedValue, report: Report): Objective[] {
  if (value.kind !== 'list' || value.items.length < 2) {
    report.problem(
      value,
      'must be a list of two or more, such as [{ name: loss }, { name: size }]. For one, use "metric".',
    );
    return [];
  }
  const metrics: Objective[] = [];
  for (const item of value.items) {
    const fields = named(item, report, []);
    if (fields === null) continue;
    const found = objective(fields);
    if (metrics.some(({ name }) => name === found.name)) report.problem(item, `names "${found.name}" a second time.`);
    metrics.push(found);
  }
  return metrics;
}

const objective = (fields: Fields): Objective => ({
  name: fields.text('name') ?? '',
  goal: fields.oneOf('goal', GOALS) ?? 'minimize',
});

function named(value: LocatedValue, report: Report, more: readonly string[]): Fields | null {
  if (value.kind !== 'mapping') {
    report.problem(value, `must be a mapping such as { name: loss, goal: minimize }, not ${describe(value)}.`);
    return null;
  }
  const fields = fieldsOf(value, report);
  const allowed = ['name', 'goal', ...more];
  for (const key of value.entries.keys()) {
    if (allowed.includes(key)) continue;
    const near = didYouMean(key, allowed);
    const question = near === null ? '' : ` Did you mean "${near}"?`;
    fields.violation(key, `is not a key known here, and is ignored.${question} Allowed: ${allowed.join(', ')}.`);
  }
  if (!fields.has('name')) report.problem(value, 'needs "name": the metric that the trainer reports.');
  return fields;
}

/** Null where it is missing, one of the words for "none", or wrong: W&B takes its default instead. */
function word<T extends string>(
  fields: Fields,
  key: string,
  allowed: readonly T[],
  none: readonly unknown[] = [],
): T | null {
  const value = fields.get(key);
  if (value === null || (value.kind === 'scalar' && none.includes(value.value))) return null;
  const found = allowed.find((one) => value.kind === 'scalar' && value.value === one);
  if (found !== undefined) return found;
  const words = [...none.filter((one) => typeof one === 'string'), ...allowed];
  fields.report.violation(
    value,
    `must be one of ${words.join(', ')}, not ${describe(value)}; the default ${words[0]} is taken.`,
  );
  return null;
}
