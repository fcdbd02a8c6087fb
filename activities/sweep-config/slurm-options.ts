/** `temporal.slurm`: sbatch's long options, passed on unchanged except those that the product itself must set. */
import { type Mapping, type Report, describe } from './located.ts';
import { didYouMean } from './problem.ts';
import { SBATCH_NAMES } from './sbatch-names.ts';
import { wrongReferences } from './slurm-references.ts';

const OURS: Readonly<Record<string, string>> = {
  array: 'every trial is a job of its own',
  wrap: 'the job script is ours; put set-up commands into "launch"',
  'job-name': 'the name carries the token by which a job is found again',
  comment: 'it may carry the token by which a job is found again',
  output: "it goes to the trial's directory",
  error: "it goes to the trial's directory, together with the output",
  'open-mode': 'output is appended, so that a requeued job keeps it',
  requeue: 'jobs are always requeued by the trial',
  'no-requeue': 'a job that cannot be requeued loses its place at every preemption',
  signal: 'set "lead_time" instead',
  chdir: 'trainers start in the directory of sweep.yaml',
  parsable: 'the output of sbatch is read by us',
  quiet: 'the output of sbatch is read by us',
  wait: 'sbatch would not return before the job ends',
  'test-only': 'nothing would be submitted',
  clusters: 'a control worker serves one cluster; start one for each, with SLURM_CLUSTERS and a task queue of its own',
};

/** Why the product sets that option itself; null when a user may. */
export const whyOurs = (name: string): string | null => (Object.hasOwn(OURS, name) ? OURS[name]! : null);

export const isLongOption = (name: string): boolean => /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) && name.length > 1;

// eslint-disable-next-line no-control-regex
export const isOneLine = (text: string): boolean => !/[\u0000-\u001f\u007f]/.test(text);

/** @param parameters names that `${parameter:NAME}` in a value may refer to. */
export function readSlurmOptions(
  mapping: Mapping,
  parameters: readonly string[],
  report: Report,
): Record<string, string | true> {
  const options: [string, string | true][] = [];
  for (const [written, { key, value }] of mapping.entries) {
    const at = { path: value.path, place: key };
    const name = written.replace(/^--?/, '');
    const ours = whyOurs(name);
    if (ours !== null) {
      report.problem(at, `"${name}" may not be set: ${ours}.`);
    } else if (!isLongOption(name)) {
      const hint = name.includes('_') ? ` Did you mean "${name.replaceAll('_', '-')}"?` : '';
      report.problem(at, `is no long option of sbatch (lower case, with hyphens, such as cpus-per-task).${hint}`);
    } else if (options.some(([other]) => other === name)) {
      report.problem(at, `"${name}" stands here twice, with and without dashes. Keep one.`);
    } else if (value.kind === 'scalar' && value.value === true) {
      options.push([name, true]);
    } else if (value.kind === 'scalar' && (typeof value.value === 'string' || typeof value.value === 'number')) {
      // As written: 007 stays 007, and 10:00 is minutes to SLURM.
      const text = typeof value.value === 'number' ? value.source : value.value;
      const wrong = wrongReferences(text, parameters);
      if (!isOneLine(text)) report.problem(value, 'must be one line without control characters.');
      else if (wrong !== null) report.problem(value, wrong);
      else options.push([name, text]);
    } else {
      report.problem(value, `must be text, a number, or true for an option without a value, not ${describe(value)}.`);
    }
    if (options.at(-1)?.[0] === name && !SBATCH_NAMES.includes(name)) report.warn(at, unfamiliar(name));
  }
  return Object.fromEntries(options);
}

/** A plugin of the site may know it, so this is a warning: sbatch itself has the last word. */
function unfamiliar(name: string): string {
  const near = didYouMean(name, SBATCH_NAMES);
  const help = near === null ? `Known: ${SBATCH_NAMES.join(', ')}.` : `Did you mean "${near}"?`;
  return `"${name}" is no option of sbatch known here; it is passed on as it is. ${help}`;
}
