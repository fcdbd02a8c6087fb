/** `job-options.json`: what `setJobOptions` has changed since sweep.json was written; read anew for every submission. */
import { readFile } from 'node:fs/promises';
import type { JobOptions } from '../../workflows/messages.ts';
import { writeAtomically } from '../files.ts';

/** @param path see `sweepLayout().jobOptions`. @returns no changes where there is no such file. */
export async function readChangedOptions(path: string): Promise<JobOptions> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JobOptions;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Repeatable. @returns all changes so far. */
export async function changeOptions(path: string, options: JobOptions): Promise<JobOptions> {
  const changed = { ...(await readChangedOptions(path)), ...options };
  await writeAtomically(path, `${JSON.stringify(changed, null, 2)}\n`);
  return changed;
}
