/** The keys of W&B's sweep.yaml: those that mean something here, those that do no harm, those that are not supported. */
import type { Fields } from './fields.ts';
import { fieldsOf } from './fields.ts';
import { describe } from './located.ts';
import { didYouMean } from './problem.ts';
import type { Method, Metric } from './resolved-sweep.ts';

const MEANT = ['method', 'metric', 'parameters', 'name', 'program', 'command', 'run_cap', 'temporal'];
/** They steer W&B's own server, launcher and pages. */
const HARMLESS = [
  'project',
  'entity',
  'description',
  'job',
  'image_uri',
  'kind',
  'apiVersion',
  'controller',
  'settings',
];
const NOT_YET: Readonly<Record<string, string>> = {
  early_terminate:
    'is not supported yet: trials would run to their end. Remove it, or stop trials by hand (update stopTrial).',
  metrics: 'is not supported yet: there is one objective. Use "metric" with a name and a goal.',
  scheduler: 'is not supported yet. Use method: random or grid.',
};

export function checkKeys(fields: Fields): void {
  const known = [...MEANT, ...HARMLESS, ...Object.keys(NOT_YET)];
  for (const key of fields.mapping.entries.keys()) {
    if (Object.hasOwn(NOT_YET, key)) fields.problem(key, NOT_YET[key]!);
    else if (!known.includes(key)) {
      const near = didYouMean(key, known);
      const question = near === null ? '' : ` Did you mean "${near}"?`;
      fields.problem(key, `is not a key of sweep.yaml.${question} Allowed: ${[...MEANT, ...HARMLESS].join(', ')}.`);
    }
  }
}

/** Null after a problem. */
export function readMethod(fields: Fields): Method | null {
  const value = fields.get('method');
  if (value === null) {
    fields.report.problem(fields.mapping, 'has no "method". Add one of random, grid, bayes, such as method: random.');
    return null;
  }
  const word = value.kind === 'scalar' ? value.value : null;
  if (word === 'random' || word === 'grid' || word === 'bayes') return word;
  const reason =
    word === 'custom' ? 'custom is not supported yet' : `must be one of random, grid, bayes, not ${describe(value)}`;
  fields.report.problem(value, word === 'custom' ? `${reason}. Use random, grid or bayes.` : `${reason}.`);
  return null;
}

/** A wrong goal is an error here; W&B would silently minimise. */
export function readMetric(fields: Fields, method: Method | null): Metric | null {
  const value = fields.get('metric');
  if (value === null) {
    if (method === 'bayes')
      fields.report.problem(
        fields.mapping,
        'has no "metric", and method: bayes learns from one. Add metric: { name: loss, goal: minimize }.',
      );
    return null;
  }
  if (value.kind !== 'mapping') {
    fields.report.problem(value, `must be a mapping such as { name: loss, goal: minimize }, not ${describe(value)}.`);
    return null;
  }
  const metric = fieldsOf(value, fields.report);
  metric.only(['name', 'goal', 'target', 'impute', 'impute_while_running']);
  if (!metric.has('name')) fields.report.problem(value, 'needs "name": the metric that the trainer reports.');
  const name = metric.text('name');
  const goal = metric.oneOf('goal', ['minimize', 'maximize']) ?? 'minimize';
  const target = metric.number('target')?.value ?? null;
  const impute = metric.oneOf('impute', ['worst', 'best', 'latest']) ?? 'worst';
  return name === null ? null : { name, goal, target, impute, imputeWhileRunning: null };
}
