/** Nodes on which a trial has failed, beside those that its user excludes. Pure. */
import type { JobRequest } from './port.ts';

/** `#SBATCH --exclude=n1`, `--exclude n1`, `-x n1`, `-xn1`: an option on sbatch's command line would replace it. */
const LINE = /\s(?:--exclude[=\s]\s*|-x\s*)(\S+)/;

/** @param lines the `#SBATCH` lines of launch.sh */
export function excluding(
  options: JobRequest['options'],
  lines: readonly string[],
  nodes: readonly string[],
): JobRequest['options'] {
  if (nodes.length === 0) return options;
  const given = options['exclude'] ?? lines.map((line) => LINE.exec(line)?.[1]).findLast((list) => list !== undefined);
  return { ...options, exclude: [...(typeof given === 'string' ? [given] : []), ...nodes].join(',') };
}
