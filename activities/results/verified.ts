/**
 * The verdicts of `temporal sweep verify`, one small file beside the sweeps for each state of a script's sources under one
 * environment. P13 what a trial's record says of it is copied from here once. Read as data: whatever stands in it is text.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../files.ts';
import { verifiedDirectory } from '../layout.ts';

export interface VerifiedRecord {
  readonly version: 1;
  readonly verdict: 'exact' | 'different';
  readonly interruptions: number;
  /** The first one, as verify prints it; null: exact. */
  readonly difference: string | null;
  /** What was run, to do it again. */
  readonly program: string;
  readonly arguments: readonly string[];
  readonly strikeSeed: number;
  /** What the trainer recorded of itself: sources, versions, threads, CPU. */
  readonly environment: Environment;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
}

export type Environment = Readonly<Record<string, string>>;

export const NOT_VERIFIED = 'not verified';

/** A later verdict on the same takes the place of an earlier one. @returns the file. */
export async function writeVerified(root: string, record: VerifiedRecord): Promise<string> {
  await mkdir(verifiedDirectory(root), { recursive: true, mode: 0o700 });
  const file = fileOf(root, record.environment);
  await writeAtomically(file, `${JSON.stringify(record, null, 2)}\n`);
  return file;
}

/**
 * @param environment recorded by the trainer in the trial's checkpoint; null: there is none.
 * @returns `exact (20 interruptions, 2026-01-31)`, `not exact: …` or `not verified`: one line of at most 200 characters.
 */
export async function findVerified(root: string, environment: Environment | null): Promise<string> {
  if (environment === null) return NOT_VERIFIED;
  try {
    return sentence(JSON.parse(await readFile(fileOf(root, environment), 'utf8')) as VerifiedRecord);
  } catch {
    return NOT_VERIFIED;
  }
}

// --- internal ---

/**
 * P5 What a verdict holds for: `program` is the digest of the script's sources. The CPU is left out: a login node seldom
 * has that of the compute nodes.
 */
// prettier-ignore
const CONDITIONS =
  ['program', 'package', 'node', 'tfjs', 'backend', 'libtensorflow', 'gpu', 'intraOp', 'interOp', 'oneDnn'];

function fileOf(root: string, environment: Environment): string {
  const values = CONDITIONS.map((name) => environment[name] ?? null);
  const key = createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 32);
  return join(verifiedDirectory(root), `${key}.json`);
}

function sentence({ verdict, interruptions, difference, endedAt }: VerifiedRecord): string {
  if (verdict === 'exact')
    return `exact (${Number(interruptions)} interruptions, ${new Date(endedAt).toISOString().slice(0, 10)})`;
  // It travels in a signal and is printed in terminals.
  return `not exact: ${String(difference).replace(/[\s\p{Cc}]+/gu, ' ')}`.slice(0, 200);
}
