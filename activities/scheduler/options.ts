/** sbatch's command line. Pure. Ours come last, since of two equal options sbatch obeys the later one. */
import type { JobRequest } from './port.ts';

/** Options that a trial's job cannot have: it is one job, and its script is ours. */
export const REFUSED_OPTIONS: readonly string[] = ['array', 'wrap', 'wait', 'test-only', 'help', 'usage', 'version'];

/** The user's options that stay without effect, each with why; for a warning. */
export function refusedOptions(options: JobRequest['options']): string[] {
  return Object.keys(options).filter((name) => REFUSED_OPTIONS.includes(name));
}

/** Arguments for sbatch, the script last. Values are argument words, never shell text (P14). */
export function sbatchArguments(request: JobRequest): string[] {
  const users = Object.entries(request.options)
    .filter(([name]) => !REFUSED_OPTIONS.includes(name))
    .map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
  return [
    ...users,
    '--parsable',
    `--job-name=${request.name}`,
    `--chdir=${request.directory}`,
    `--output=${escapePattern(request.output)}`,
    '--open-mode=append',
    request.expedite === true ? '--requeue=expedite' : '--requeue',
    `--signal=B:USR1@${request.leadSeconds}`,
    request.script,
  ];
}

/** In a file name pattern `%x` is replaced by SLURM; `%%` is a percent sign. */
const escapePattern = (path: string): string => path.replaceAll('%', '%%');
