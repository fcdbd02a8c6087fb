/**
 * P1: the token of a submission stands in the job's name, so that squeue finds it again after anything:
 * `<sweep id>/<trial>.<submission>@<fingerprint of the sweep's identity>`.
 */
import { createHash } from 'node:crypto';
import type { Identity } from '../../workflows/messages.ts';

/** Twelve hex digits over (namespace, sweep id, first execution run id). */
export function fingerprint(identity: Identity): string {
  const text = JSON.stringify([identity.namespace, identity.sweepId, identity.firstRunId]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

export function token(identity: Identity, trial: number, submission: number): string {
  return `${identity.sweepId}/${trial}.${submission}@${fingerprint(identity)}`;
}

export interface ParsedToken {
  readonly sweepId: string;
  readonly trial: number;
  readonly submission: number;
  readonly fingerprint: string;
}

/** Null for names that are not ours. */
export function parseToken(name: string): ParsedToken | null {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)\/(\d+)\.(\d+)@([0-9a-f]{12})$/.exec(name);
  if (match === null) return null;
  const [, sweepId, trial, submission, print] = match;
  return { sweepId: sweepId!, trial: Number(trial), submission: Number(submission), fingerprint: print! };
}
