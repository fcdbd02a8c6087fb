/**
 * P6: the order in which a script with its own loop may call `step` and `row`. A loop that would skip or repeat a batch
 * or a row, after a resume above all, is told at once. Pure.
 */
import type { Position } from './checkpointer-file.ts';
import { TrainerFailed } from './failure.ts';

export interface Sequence {
  /** With the number of rows so far. */
  position(): Position & { readonly rows: number };
  /** Goes on from a checkpoint. */
  begin(at: Position & { readonly rows: number }): void;
  /**
   * @param trained the batch just trained, from 0; `batches` of an epoch, 0: not known
   * @returns whether the row of this epoch comes next: no process may end in between, since the next one would begin
   *   with the next batch, in a loop over steps. @throws TrainerFailed when the step is not the next one.
   */
  step(trained: Position & { readonly batches: number }): { readonly rowIsNext: boolean };
  /** @returns step and epoch of the row. @throws TrainerFailed when a row is missing before, or there is one already. */
  row(finished: { readonly epoch: number; readonly step: number }): { readonly step: number; readonly epoch: number };
  /** @throws TrainerFailed when the last epoch's row is missing, as far as can be seen. */
  finish(): void;
}

export function createSequence(): Sequence {
  let [position, rows]: [Position, number] = [{ step: 0, epoch: 0, batch: 0 }, 0];
  return {
    position: () => ({ ...position, rows }),
    begin: ({ step, epoch, batch, rows: before }) => {
      rows = before;
      position = { step, epoch, batch };
    },
    step: ({ step, epoch, batch, batches }) => {
      if (step !== position.step) {
        throw wrong(
          `step({ step: ${step} }), expected ${position.step}: it is the batch just trained, counted from 0, each once, ` +
            'beginning with what restore() gave',
        );
      }
      position = { step: step + 1, epoch, batch: batch + 1 };
      // Without the rows of all epochs before, the script writes none at the end of its epochs.
      return { rowIsNext: batch + 1 === batches && rows === epoch };
    },
    row: ({ epoch, step }) => {
      if (epoch < rows)
        throw wrong(`row({ epoch: ${epoch} }): it is the epoch just finished, from 0, and has a row already`);
      if (epoch > rows) throw wrong(`row({ epoch: ${epoch} }): the row of epoch ${rows} is missing. ${HOW}`);
      // The last batch, from 0, or the number of batches: a loop may have counted on.
      if (position.step === 0 || (step !== position.step && step + 1 !== position.step))
        throw wrong(
          `row({ step: ${step} }) after ${position.step} batches: call it after step() of the epoch's last batch`,
        );
      rows += 1;
      position = { step: position.step, epoch: epoch + 1, batch: 0 };
      return { step: position.step, epoch: position.epoch };
    },
    finish: () => {
      // An epoch as long as those before it has passed since the last row.
      if (rows > 0 && position.batch > 0 && position.batch >= (position.step - position.batch) / rows)
        throw wrong(`finish(): the row of epoch ${rows} is missing. ${HOW}`);
    },
  };
}

// --- internal ---

const HOW =
  'Give step() the number of `batches` of an epoch: it then never leaves between the last batch and its row. Without, ' +
  'two nested loops must make a row when restore() gives an epoch whose batches are all done.';

const wrong = (what: string): TrainerFailed => new TrainerFailed('TrainerError', what);
