/** The file to which all agents of a stack append what they did (see workers/agent/trace.ts). */
import { readFile } from 'node:fs/promises';

export interface Mark {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `<job>.<restart count>`. */
  readonly job: string;
  readonly what: string;
}

export async function readTrace(file: string): Promise<Mark[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Mark]));
}

export const FIRST_BATCH = 'trainer: progress';

/** The allocation that has trained its first batch last, and when. */
export const newestTraining = (marks: readonly Mark[]): Mark | null =>
  marks.findLast((mark) => mark.what === FIRST_BATCH) ?? null;

/** When `job` did `what` for the first (or last) time; undefined when it never did. */
export const first = (marks: readonly Mark[], job: string, what: string): number | undefined =>
  marks.find((mark) => mark.job === job && mark.what === what)?.at;
export const last = (marks: readonly Mark[], job: string, what: string): number | undefined =>
  marks.findLast((mark) => mark.job === job && mark.what === what)?.at;
