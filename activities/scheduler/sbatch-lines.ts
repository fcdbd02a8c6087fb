/** The leading `#SBATCH` lines of a user's launch.sh. Pure. */

export interface SbatchLines {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

const ARRAY = /\s(--array(=\S*|\s+\S+)?|-a\s*\S+)/;

/**
 * sbatch reads `#SBATCH` lines up to the first line that is neither empty nor a comment; so do we.
 * `--array` is dropped with a warning: a trial is one job, and it is the sweep that makes many of them.
 */
export function readSbatchLines(text: string): SbatchLines {
  const lines: string[] = [];
  const warnings: string[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trimEnd();
    if (line !== '' && !line.startsWith('#')) break;
    if (!/^#SBATCH\s/.test(line)) continue;
    const kept = line.replace(ARRAY, '');
    if (kept !== line) {
      warnings.push(
        `"${line}": --array is left out, since each trial is a job of its own; use concurrency and run_cap.`,
      );
    }
    if (kept.trim() !== '#SBATCH') lines.push(kept);
  }
  return { lines, warnings };
}
