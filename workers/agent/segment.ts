/**
 * A segment's directory, from the agent's side.
 *
 * P2 `segments/<n>` belongs to the agent that created its `owner` file with O_EXCL; a lower segment that nobody began is
 *    closed by the successor, so that a zombie cannot begin it later.
 * P4 what a segment resumes from is durable in `resume.json` before it is granted; its outcome before it is reported.
 */
import { mkdir, open, readFile, rm, readdir } from 'node:fs/promises';
import { syncDirectory, writeAtomically } from '../../activities/files.ts';
import { trialLayout } from '../../activities/layout.ts';
import { findAndBringAlong, originOf } from '../../trainer/bring-along.ts';
import type { ResumePoint } from '../../trainer/protocol.ts';
import type { Allocation, Outcome } from '../../workflows/messages.ts';

export type Claim = { readonly kind: 'ours' } | { readonly kind: 'taken'; readonly owner: string };

export async function claimSegment(trialDirectory: string, segment: number, allocation: Allocation): Promise<Claim> {
  const layout = trialLayout(trialDirectory).segment(segment);
  await mkdir(layout.directory, { recursive: true, mode: 0o700 });
  const me = JSON.stringify(allocation);
  try {
    const file = await open(layout.owner, 'wx', 0o600);
    await file.writeFile(me);
    await file.sync();
    await file.close();
    await syncDirectory(layout.directory);
    return { kind: 'ours' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = await readFile(layout.owner, 'utf8');
    return owner === me ? { kind: 'ours' } : { kind: 'taken', owner };
  }
}

/** Claims the segment, closes those below that never began, fixes where it begins, and holds that file itself. */
export async function beginSegment(
  trialDirectory: string,
  segment: number,
  allocation: Allocation,
): Promise<{ readonly claim: Claim; readonly resume: ResumePoint | null; readonly warnings: readonly string[] }> {
  const claim = await claimSegment(trialDirectory, segment, allocation);
  if (claim.kind === 'taken') return { claim, resume: null, warnings: [] };
  for (let below = segment - 1; below > 0; below -= 1) {
    if ((await claimSegment(trialDirectory, below, allocation)).kind === 'taken') break;
  }
  const layout = trialLayout(trialDirectory);
  const { point, warnings } = await findAndBringAlong(layout.segments, segment);
  const origin = point === null ? null : originOf(layout.segments, point);
  await writeAtomically(layout.segment(segment).resume, `${JSON.stringify(origin)}\n`);
  return { claim, resume: point, warnings };
}

export async function writeOutcome(trialDirectory: string, segment: number, outcome: Outcome): Promise<void> {
  await writeAtomically(trialLayout(trialDirectory).segment(segment).outcome, `${JSON.stringify(outcome)}\n`);
}

/** The newest segment on disk; 0 when there is none. Only a guess of what the trial has granted. */
export async function newestSegment(trialDirectory: string): Promise<number> {
  const names = await readdir(trialLayout(trialDirectory).segments).catch(() => []);
  return Math.max(0, ...names.map(Number).filter(Number.isInteger));
}

/**
 * The current owner collects closed segments: once it holds two checkpoints of its own, nothing falls back further.
 * Rows, outcomes and owners stay.
 */
export async function collectCheckpoints(trialDirectory: string, below: number): Promise<void> {
  const layout = trialLayout(trialDirectory);
  for (let segment = below - 1; segment > 0; segment -= 1) {
    await rm(layout.segment(segment).checkpoints, { recursive: true, force: true }).catch(() => {});
  }
}
