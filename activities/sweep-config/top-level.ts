/** The keys of W&B's sweep.yaml: those that mean something here, and those that steer W&B's own server, launcher and pages. */
import type { Fields } from './fields.ts';
import { fieldsOf } from './fields.ts';
import { describe } from './located.ts';
import { didYouMean } from './problem.ts';
import type { Method } from './resolved-sweep.ts';

const MEANT = [
  'method',
  'metric',
  'metrics',
  'parameters',
  'early_terminate',
  'name',
  'program',
  'command',
  'run_cap',
  'temporal',
];
const TEXTS = ['description', 'project', 'entity', 'job', 'image_uri', 'apiVersion', 'kind'];
const MAPPINGS = ['controller', 'settings', 'scheduler'];
const METHODS: readonly Method[] = ['random', 'grid', 'bayes', 'custom'];

export function checkKeys(fields: Fields): void {
  const known = [...MEANT, ...TEXTS, ...MAPPINGS];
  for (const [key, { value }] of fields.mapping.entries) {
    if (!known.includes(key)) {
      const near = didYouMean(key, known);
      const question = near === null ? '' : ` Did you mean "${near}"?`;
      fields.violation(key, `is no key of sweep.yaml and has no effect.${question} Allowed: ${known.join(', ')}.`);
    } else if (TEXTS.includes(key) && (value.kind !== 'scalar' || typeof value.value !== 'string')) {
      fields.report.violation(value, `must be text, not ${describe(value)}.`);
    } else if (MAPPINGS.includes(key) && value.kind !== 'mapping') {
      fields.report.violation(value, `must be a mapping, not ${describe(value)}.`);
    }
  }
  const kind = fields.get('kind');
  if (kind?.kind === 'scalar' && typeof kind.value === 'string' && kind.value !== 'sweep')
    fields.report.violation(kind, `must be sweep, not ${describe(kind)}.`);
  checkController(fields);
  checkScheduler(fields);
}

/** Null after a problem. */
export function readMethod(fields: Fields): Method | null {
  if (!fields.has('method')) {
    fields.report.problem(fields.mapping, `has no "method". Add one of ${METHODS.join(', ')}, such as method: random.`);
    return null;
  }
  return fields.oneOf('method', METHODS);
}

/** Who steers a sweep at W&B; here Temporal does. */
function checkController(fields: Fields): void {
  const value = fields.get('controller');
  if (value?.kind !== 'mapping') return;
  const controller = fieldsOf(value, fields.report);
  const type = controller.get('type');
  const word = type?.kind === 'scalar' ? type.value : null;
  if (word !== 'local' && word !== 'cloud')
    fields.report.violation(type ?? value, 'must have type: local or type: cloud; it has no effect here.');
  else if (word === 'local' && fields.has('scheduler'))
    fields.report.violation(type!, 'local does not go together with "scheduler".');
}

/** W&B's own engine is what `method` means anyway; a foreign one would be a program that nobody here runs. */
function checkScheduler(fields: Fields): void {
  const value = fields.get('scheduler');
  if (value?.kind !== 'mapping') return;
  const scheduler = fieldsOf(value, fields.report);
  for (const key of value.entries.keys())
    if (!['engine', 'source', 'optimizer', 'search_space'].includes(key))
      scheduler.violation(key, 'is no key of "scheduler". Allowed: engine, source, optimizer, search_space.');
  if (fields.has('early_terminate')) fields.violation('scheduler', 'does not go together with "early_terminate".');
  const engine = scheduler.get('engine');
  const word = engine?.kind === 'scalar' ? engine.value : null;
  if (word === 'optuna' || word === 'ax') {
    fields.report.problem(
      engine!,
      `${word} is not run here. Remove "scheduler", write method: bayes, and choose under temporal: sampler: (auto, tpe, gp, cmaes, nsga2, sobol).`,
    );
  } else if (word !== 'wandb') {
    fields.report.violation(engine ?? value, 'must have engine: wandb, optuna or ax.');
  } else if (scheduler.has('search_space') && !fields.has('parameters')) {
    scheduler.problem('search_space', 'is not read here. Write the search space under "parameters".');
  } else {
    fields.report.warn(value, 'has no effect: samplers run in the control worker, as "method" says.');
  }
}
