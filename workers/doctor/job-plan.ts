/** How doctor's own jobs are submitted: as a sweep's would be, but short. */
import { readFile } from 'node:fs/promises';
import { readSbatchLines } from '../../activities/scheduler/sbatch-lines.ts';
import { readSweep } from '../../activities/sweep-config/read.ts';
import { CommandError } from '../cli/command-error.ts';

export interface JobPlan {
  /** sbatch's long options without dashes. */
  readonly options: Readonly<Record<string, string | true>>;
  readonly launch: { readonly path: string; readonly sbatchLines: readonly string[] } | null;
  readonly threads: number;
  /** Absolute path of the sweep.yaml that it was taken from. */
  readonly source: string | null;
}

/** Minutes, unless the caller names a time. */
const TIME = '10';

/**
 * @param file a sweep.yaml whose `temporal:` options are used, absolute. @param words `key=value` or `key`, stronger than the file.
 * @throws CommandError 2 for a sweep.yaml or an option that is wrong.
 */
export async function planJobs(
  file: string | null,
  words: readonly string[],
  partition: string | null,
): Promise<JobPlan> {
  const given = Object.fromEntries(words.map(readOption));
  const named = partition === null ? {} : { partition };
  if (file === null)
    return { options: { time: TIME, ...given, ...named }, launch: null, threads: threadsOf(given), source: null };
  const identity = { namespace: 'default', sweepId: 'doctor', firstRunId: 'doctor' };
  const read = readSweep(file, { identity, baseDirectory: process.cwd(), allowInline: false });
  if (!read.ok) throw new CommandError(read.problems.map(({ text }) => text).join('\n'), 2);
  const { slurm, launch, threads } = read.sweep.temporal;
  const options = { ...slurm, time: TIME, ...given, ...named };
  const sbatchLines = launch === null ? [] : readSbatchLines(await readFile(launch, 'utf8')).lines;
  return {
    options,
    launch: launch === null ? null : { path: launch, sbatchLines },
    threads: 'cpus-per-task' in given ? threadsOf(given) : threads,
    source: file,
  };
}

function readOption(word: string): [string, string | true] {
  const [, name, value] = /^-{0,2}([a-z][a-z0-9-]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (name !== undefined) return [name, value ?? true];
  throw new CommandError(`--slurm is a long option of sbatch, such as account=team or exclusive, not "${word}"`, 2);
}

const threadsOf = (options: Readonly<Record<string, string | true>>): number =>
  Number(options['cpus-per-task'] ?? 1) || 1;
