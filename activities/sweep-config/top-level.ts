/** The keys of W&B's sweep.yaml: those that mean something here, those that do no harm, those that are not supported. */
import type { Fields } from './fields.ts';
import { fieldsOf } from './fields.ts';
import { describe } from './located.ts';
import { didYouMean } from './problem.ts';
import type { ResolvedSweep } from './resolved-sweep.ts';

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
export function readMethod(fields: Fields): 'random' | 'grid' | null {
  const value = fields.get('method');
  if (value === null) {
    fields.report.problem(fields.mapping, 'has no "method". Add method: random, or method: grid.');
    return null;
  }
  const word = value.kind === 'scalar' ? value.value : null;
  if (word === 'random' || word === 'grid') return word;
  const known = word === 'bayes' || word === 'custom';
  const reason = known ? `${word} is not supported yet` : `must be random or grid, not ${describe(value)}`;
  fields.report.problem(value, known ? `${reason}. Use random or grid.` : `${reason}.`);
  return null;
}

/** `impute` matters to `bayes` alone. A wrong goal is an error here; W&B would silently minimise. */
export function readMetric(fields: Fields): ResolvedSweep['metric'] {
  const value = fields.get('metric');
  if (value === null) return null;
  if (value.kind !== 'mapping') {
    fields.report.problem(value, `must be a mapping such as { name: loss, goal: minimize }, not ${describe(value)}.`);
    return null;
  }
  const metric = fieldsOf(value, fields.report);
  metric.only(['name', 'goal', 'target', 'impute', 'impute_while_running']);
  if (metric.has('target')) {
    metric.problem('target', 'is not supported yet: the sweep would not stop there. Remove it, or set run_cap.');
  }
  if (!metric.has('name')) fields.report.problem(value, 'needs "name": the metric that the trainer reports.');
  const name = metric.text('name');
  const goal = metric.oneOf('goal', ['minimize', 'maximize']) ?? 'minimize';
  return name === null ? null : { name, goal };
}
