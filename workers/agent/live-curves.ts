/**
 * The curves of a trial under way, for TensorBoard. P2 They lie beneath the newest segment, which is this agent's own; its
 * predecessors' are collected, so that a trial is shown once. P6 They begin with all rows that count. The view of the whole
 * trial takes their place when it is closed.
 *
 * Written here, beside the trainer: its loop does not wait for them, and a trainer in any language has them.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { trialLayout } from '../../activities/layout.ts';
import type { Row, TrialFile } from '../../trainer/protocol.ts';
import { mergeRows } from '../../trainer/rows.ts';
import { type LiveCurves, openCurves } from '../../trainer/tensorboard/live.ts';

/** Begins in the background. @returns what shows a row that is durable; never throws: curves are no part of the training. */
export function showCurves(trialDirectory: string, segment: number): (row: Row) => Promise<void> {
  const opened = open(trialDirectory, segment).catch(() => null);
  return async (row) => (await opened)?.add(row);
}

// --- internal ---

async function open(trialDirectory: string, segment: number): Promise<Pick<LiveCurves, 'add'>> {
  const trial = trialLayout(trialDirectory);
  const { curves: directory } = trial.segment(segment);
  const { hyperparameters } = JSON.parse(await readFile(trial.trial, 'utf8')) as TrialFile;
  const before = mergeRows(trial.segments, segment);
  const curves = await openCurves(directory, before, hyperparameters);
  for (const name of await readdir(trial.segments))
    if (Number(name) < segment) await rm(trial.segment(Number(name)).curves, { recursive: true, force: true });
  const shown = before.at(-1)?.step ?? -1;
  return {
    add: (row) => {
      // What was durable before the files were read is shown already; where they are gone, a successor shows more.
      if (row.step > shown && existsSync(directory)) curves.add(row);
    },
  };
}
