/** `segments/<n>/resume.json`: where segment n began. Written once, before the segment is granted (P2). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, writeDurably } from './durable.ts';
import type { ResumePoint } from './protocol.ts';

export type ResumeFile =
  | { readonly kind: 'resume'; readonly point: ResumePoint }
  /** The segment began from scratch. */
  | { readonly kind: 'scratch' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'torn'; readonly why: string };

export const resumePath = (segmentsDirectory: string, segment: number): string =>
  join(segmentsDirectory, String(segment), 'resume.json');

/** @throws TrainerFailed `StorageError` */
export function writeResumeFile(segmentsDirectory: string, segment: number, point: ResumePoint | null): void {
  writeDurably(resumePath(segmentsDirectory, segment), `${JSON.stringify(point, null, 2)}\n`);
}

export function readResumeFile(segmentsDirectory: string, segment: number): ResumeFile {
  const path = resumePath(segmentsDirectory, segment);
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (value === null) return { kind: 'scratch' };
    return isResumePoint(value, segment)
      ? { kind: 'resume', point: value }
      : { kind: 'torn', why: `${path} is no resume point` };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return { kind: 'absent' };
    return { kind: 'torn', why: `${path}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isResumePoint(value: unknown, segment: number): value is ResumePoint {
  if (typeof value !== 'object' || value === null) return false;
  const point = value as Partial<Record<keyof ResumePoint, unknown>>;
  return (
    // A segment begins where an older one was: anything else would be a loop in the chain.
    isCount(point.segment) &&
    (point.segment as number) < segment &&
    [point.step, point.epoch, point.batch].every(isCount) &&
    typeof point.file === 'string' &&
    /^[0-9a-f]{64}$/.test(String(point.sha256))
  );
}
