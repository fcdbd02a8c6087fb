/**
 * A trial in one process, as of `in-process.ts`, but with real files and the thread that writes them, which stands still
 * inside a write. The training goes on for a batch; then comes the notice, or the thread ends where it stands, and what is
 * on disk is all that is left.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Backend } from '../../../trainer/backend.ts';
import { openCheckpointStore } from '../../../trainer/checkpoint-files.ts';
import type { AnyTrial } from '../../../trainer/definition.ts';
import { train } from '../../../trainer/loop.ts';
import { prepareTrial } from '../../../trainer/prepare.ts';
import type { Hyperparameters, Row, TrainerOutcome } from '../../../trainer/protocol.ts';
import { findResumePoint } from '../../../trainer/restore.ts';
import { mergeRows } from '../../../trainer/rows.ts';
import { openRunDirectory } from '../../../trainer/run-directory.ts';
import { createWriteHold, release, untilHeld } from '../../../trainer/write-hold.ts';

export interface HeldCut {
  /** The save of this step, or the first later one. */
  readonly step: number;
  /** Before its n-th file-system call. */
  readonly nth: number;
  readonly by: 'notice' | 'kill';
}

export interface HeldRun {
  readonly outcome: TrainerOutcome;
  readonly rows: readonly Row[];
  readonly bytes: Buffer;
  /** Cuts that came: the step whose write was cut, and the step at which the next segment began. */
  readonly came: readonly { readonly cut: number; readonly next: number }[];
}

const KILLED = new Error('killed by the test');

/** @param directory of the trial's files, empty. */
export async function runHeld(
  backend: Backend,
  definition: AnyTrial,
  hyperparameters: Hyperparameters,
  cuts: readonly HeldCut[],
  directory: string,
): Promise<HeldRun> {
  const came: { cut: number; next: number }[] = [];
  let pending: number | null = null;
  for (const cut of [...cuts, null]) {
    const { outcome, began, held } = await runSegment(backend, definition, hyperparameters, cut, directory);
    if (pending !== null) came.push({ cut: pending, next: began });
    pending = held;
    if (outcome?.status !== 'completed') continue;
    const segments = join(directory, 'segments');
    const { point } = await findResumePoint(segments, cuts.length + 1);
    return { outcome, rows: mergeRows(segments, cuts.length + 1), bytes: readFileSync(point!.file), came };
  }
  throw new Error('the last segment, which nothing cut, did not train to its end');
}

// --- internal ---

async function runSegment(
  backend: Backend,
  definition: AnyTrial,
  hyperparameters: Hyperparameters,
  cut: HeldCut | null,
  directory: string,
): Promise<{ outcome: TrainerOutcome | null; began: number; held: number | null }> {
  const hold = cut === null ? null : createWriteHold(cut.step, cut.nth);
  const run = await openRunDirectory(directory, hyperparameters, (own) => openCheckpointStore(own, hold));
  let writer: Worker | null = null;
  const remember = (worker: Worker): void => void (writer = worker);
  process.on('worker', remember);
  let began = 0;
  let held: number | null = null;
  let batchesSince = 0;
  try {
    const trial = await prepareTrial(definition, { hyperparameters, seed: 7, checkpointSeconds: 0 }, backend);
    const outcome = await train(trial, {
      checkpoint: run.checkpoint,
      files: {
        ...run.files,
        save: async (take, request) => {
          let step = 0;
          const taken = await run.files.save(take, () => {
            const wanted = request();
            ({ step } = wanted.at);
            return wanted;
          });
          if (hold === null || held !== null) return taken;
          // No write before the one to be held delays it: the cut comes at the same place every time.
          if (step < hold.step) await taken.durable;
          else if (await untilHeld(hold, taken.durable)) held = step;
          return taken;
        },
      },
      notice: {
        give: () => {},
        current: () => {
          if (hold === null || batchesSince === 0) return null;
          if (cut?.by === 'kill') throw KILLED;
          release(hold);
          return { cause: 'pause', deadline: null };
        },
      },
      report: (message) => {
        if (message.type === 'started') began = message.step;
      },
      reached: () => {
        if (held !== null) batchesSince += 1;
      },
    });
    await run.files.close();
    return { outcome, began, held };
  } catch (error) {
    if (error !== KILLED) throw error;
    await (writer as Worker | null)?.terminate();
    return { outcome: null, began, held };
  } finally {
    process.off('worker', remember);
  }
}
