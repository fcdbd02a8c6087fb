/**
 * When the loop saves, what it waits for, and what is told of it.
 *
 * P4 A row is durable before its checkpoint, both before either is reported. The loop goes on meanwhile; only a notice
 *    and the end of the training wait. A save that fails is told once per cause, and tried again at the next occasion.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckpointStore } from './checkpoint-files.ts';
import { secondsUntil } from './departure.ts';
import { TrainerFailed } from './failure.ts';
import { tooLate } from './leave.ts';
import type { Notice, NoticeLatch } from './notice.ts';
import type { Pace } from './pace.ts';
import { isSamePosition, type Position, positionOf } from './position.ts';
import type { CheckpointEntry, FromTrainer, Row, RowMemory } from './protocol.ts';
import type { Allocate, Copying } from './safetensors.ts';
import type { Saved } from './writer-thread.ts';

/** The memory is told, and never written: it is no fact about the training. */
export type ToldRow = Row & { readonly memory?: RowMemory };

export interface SaverInput {
  /** Null: nothing is saved. */
  readonly store: CheckpointStore | null;
  /** Where the training is now; at first, where the segment began. */
  readonly position: () => Position;
  /** Copies everything as it is now into memory of `allocate`, at once or in pieces. */
  readonly take: (allocate: Allocate) => Buffer | Copying;
  /** The notice on which the training leaves. */
  readonly notice: Pick<NoticeLatch, 'current'>;
  /** Hears how long each save took. */
  readonly pace: Pace;
  report(message: Extract<FromTrainer, { type: 'row' | 'checkpoint' | 'warning' }>): void;
  /** Between two checkpoints inside an epoch. */
  readonly intervalMilliseconds: number;
  /** For how long a final checkpoint that cannot be written is tried again. Default 60,000. */
  readonly patienceMilliseconds?: number;
}

export interface Saver {
  /** Inside an epoch, after each batch. Saves when it is time to; skips that time while another one is being written. */
  interval(): Promise<void>;
  /** At the end of an epoch but the last. Resolves when the snapshot is taken, not when it is durable. */
  epoch(row: ToldRow, best: boolean): Promise<void>;
  /**
   * At the end of the last epoch, whose row may have been given before. Resolves when it is durable, or to the notice that came before that was possible.
   * @param tell called again and again, to show that the trainer is alive.
   * @throws TrainerFailed `StorageError` when patience ends.
   */
  final(row: ToldRow | null, best: boolean, tell: () => void): Promise<Notice | null>;
  /** Waits for what is being written. @returns whether the position of now is durable. */
  settled(): Promise<boolean>;
  /**
   * On a notice. Saves what is not saved yet and waits.
   * @returns the position that is durable; without files, the last.
   */
  interrupt(): Promise<Position>;
  /**
   * On a notice after which the training goes on. Saves what is not saved yet and waits.
   * @returns false when there was nothing to save and nothing has been saved before: how long that takes is not known yet.
   */
  secure(): Promise<boolean>;
}

const PATIENCE = 60_000;
/** Between two tries; each pause is twice the one before, up to the most. Milliseconds. */
const PAUSE = { first: 100, most: 2_000 } as const;

const withoutMemory = ({ step, epoch, metrics, environmentChanges }: ToldRow): Row => ({
  step,
  epoch,
  metrics,
  ...(environmentChanges !== undefined && { environmentChanges }),
});

export function createSaver(input: SaverInput): Saver {
  const { store, notice, pace, report } = input;
  const now = (): Position => positionOf(input.position());
  const told = new Set<string>();
  /** Not reported yet: the checkpoint behind them is not durable. */
  let rows: ToldRow[] = [];
  let durable = now();
  let newest: { at: Position; saved: Promise<Saved> } | null = null;
  let takenAt = performance.now();

  const save = async (reason: CheckpointEntry['reason'], best = false): Promise<{ saved: Promise<Saved> } | null> => {
    takenAt = performance.now();
    if (store === null) return null;
    const at = now();
    let begun = 0;
    const taken = await store.save(
      (allocate) => {
        begun = performance.now();
        return input.take(allocate);
      },
      () => ({ at: { ...at, reason }, best, rows: rows.map(withoutMemory) }),
    );
    const saved = taken.durable.then((result) => {
      conclude(result, begun);
      return result;
    });
    newest = { at, saved };
    return { saved };
  };
  const conclude = (result: Saved, begun: number): void => {
    if (result.kind === 'failed') return warn(result);
    const { entry } = result;
    durable = positionOf(entry);
    const milliseconds = performance.now() - begun;
    pace.write(milliseconds / 1_000);
    report({ type: 'checkpoint', ...entry, milliseconds });
    const isCovered = ({ step, epoch }: Row): boolean => step <= entry.step && epoch <= entry.epoch;
    for (const row of rows.filter(isCovered)) report({ type: 'row', ...row });
    rows = rows.filter((row) => !isCovered(row));
  };
  const warn = ({ cause, message }: Extract<Saved, { kind: 'failed' }>): void => {
    if (told.has(cause)) return;
    told.add(cause);
    const { step } = durable;
    report({
      type: 'warning',
      message: `a checkpoint could not be saved: ${message}. The training goes on; the last good checkpoint is that of step ${step}`,
    });
  };
  const isDurable = async (): Promise<boolean> => {
    if (newest !== null && isSamePosition(newest.at, now())) await newest.saved;
    return isSamePosition(durable, now());
  };
  /** @returns false when there was nothing to save. */
  const saveNow = async (): Promise<boolean> => {
    if (store === null || (await isDurable())) return false;
    const warning = tooLate(secondsUntil(notice.current()?.deadline ?? null), pace, durable.step);
    if (warning !== null) report({ type: 'warning', message: warning });
    await (
      await save('notice')
    )?.saved;
    return true;
  };
  const keepRow = (row: ToldRow): void => {
    if (store === null) report({ type: 'row', ...row });
    else rows.push(row);
  };

  return {
    interval: async () => {
      if (performance.now() - takenAt < input.intervalMilliseconds) return;
      if (store?.isBusy() === true) takenAt = performance.now();
      else await save('interval');
    },
    epoch: async (row, best) => {
      keepRow(row);
      await save('epoch', best);
    },
    final: async (row, best, tell) => {
      if (row !== null) keepRow(row);
      const until = performance.now() + (input.patienceMilliseconds ?? PATIENCE);
      for (let pause: number = PAUSE.first; ; pause = Math.min(2 * pause, PAUSE.most)) {
        const result = await (await save('final', best))?.saved;
        if (result === undefined || result.kind === 'saved') return null;
        if (notice.current() !== null) return notice.current();
        if (performance.now() + pause > until) throw new TrainerFailed('StorageError', result.message);
        tell();
        await delay(pause);
      }
    },
    settled: isDurable,
    interrupt: async () => {
      if (store === null) return now();
      await saveNow();
      return durable;
    },
    secure: async () => (await saveNow()) || store === null || pace.writeSeconds > 0,
  };
}
