/** The curves of a run under way: complete at its beginning and its end, and one event further with every epoch. */
import type { Hyperparameters, Row } from '../protocol.ts';
import { addToCurves, writeCurves } from './curves.ts';

export interface LiveCurves {
  /** Never throws: what goes wrong here is mended or told by `close`. */
  add(row: Row): void;
  /** @param rows all of the trial. @returns null, or a warning: curves that cannot be written must not end a training. */
  close(rows: readonly Row[]): Promise<string | null>;
}

/** @param rows those of the segments before this one */
export async function openCurves(
  directory: string,
  rows: readonly Row[],
  hyperparameters: Hyperparameters,
): Promise<LiveCurves> {
  let isSound = (await write(directory, rows, hyperparameters)) === null;
  return {
    add: (row) => {
      if (!isSound) return;
      try {
        addToCurves(directory, row);
      } catch {
        // Nothing may be appended behind a record that may be torn.
        isSound = false;
      }
    },
    close: (all) => write(directory, all, hyperparameters),
  };
}

// --- internal ---

async function write(
  directory: string,
  rows: readonly Row[],
  hyperparameters: Hyperparameters,
): Promise<string | null> {
  try {
    await writeCurves(directory, rows, hyperparameters);
    return null;
  } catch (error) {
    return `TensorBoard's files in ${directory} are incomplete: ${error instanceof Error ? error.message : String(error)}`;
  }
}
