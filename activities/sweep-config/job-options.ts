/**
 * The update `setJobOptions`: other options for the jobs submitted from now on, so that a refused sweep can go on elsewhere.
 * P14: a message may say where and with how much a job runs, never what runs in it; so the names are a list, and everything
 * else stays the business of the user's own sweep.yaml.
 */
import type { JobOptions } from '../../workflows/messages.ts';
import { didYouMean } from './problem.ts';
import { isOneLine, whyOurs } from './slurm-options.ts';
import { wrongReferences } from './slurm-references.ts';

export const SETTABLE: readonly string[] = (
  'account begin constraint contiguous cpus-per-gpu deadline delay-boot dependency exclude exclusive gpus gpus-per-node ' +
  'gpus-per-task gres gres-flags hint licenses mem mem-per-cpu mem-per-gpu mincpus nice nodelist oversubscribe partition prefer ' +
  'priority qos reservation switches threads-per-core time time-min tmp wckey'
).split(' ');

export type ReadJobOptions =
  { readonly ok: true; readonly options: JobOptions } | { readonly ok: false; readonly message: string };

/**
 * @param given names with or without dashes; values are text, numbers, `true` for an option without a value, or null.
 * @param parameters names that `${parameter:NAME}` in a value may refer to.
 */
export function readJobOptions(given: unknown, parameters: readonly string[]): ReadJobOptions {
  const wrong = (message: string): ReadJobOptions => ({ ok: false, message });
  if (typeof given !== 'object' || given === null || Array.isArray(given) || Object.keys(given).length === 0)
    return wrong('Job options are an object with at least one option of sbatch, such as {"partition": "low"}.');
  const options: Record<string, string | true | null> = {};
  for (const [written, value] of Object.entries(given)) {
    const name = written.replace(/^--?/, '');
    if (!SETTABLE.includes(name)) return wrong(refusal(name));
    if (value !== null && value !== true && typeof value !== 'string' && typeof value !== 'number')
      return wrong(`"${name}" must be text, a number, true, or null to take it away, not ${JSON.stringify(value)}.`);
    if (typeof value === 'string' && (value === '' || value.length > 1_000 || !isOneLine(value)))
      return wrong(`"${name}" must be one line of 1 to 1000 characters.`);
    const wrongReference = typeof value === 'string' ? wrongReferences(value, parameters) : null;
    if (wrongReference !== null) return wrong(`"${name}" ${wrongReference}`);
    options[name] = typeof value === 'number' ? String(value) : value;
  }
  return { ok: true, options };
}

function refusal(name: string): string {
  if (name === 'cpus-per-task')
    return '"cpus-per-task" may not change while a sweep runs: it is also the number of threads, which selects the trajectory of a training.';
  const ours = whyOurs(name);
  if (ours !== null) return `"${name}" may not be set: ${ours}.`;
  const near = didYouMean(name, SETTABLE);
  const question = near === null ? '' : ` Did you mean "${near}"?`;
  return `"${name}" may not be set by a message.${question} Allowed: ${SETTABLE.join(', ')}. Others belong into sweep.yaml, under temporal.slurm.`;
}

/** Later updates win over earlier ones, and both over sweep.yaml; null takes an option away. */
export function withJobOptions(
  options: Readonly<Record<string, string | true>>,
  changes: JobOptions,
): Record<string, string | true> {
  const merged = { ...options, ...changes };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string | true] => entry[1] !== null),
  );
}
