/**
 * The rows of a trial as TensorBoard shows them: runs `train` and `validation` whose tags are the same, so that both
 * share a chart, and the hyperparameters above them. A view (P6): rows are the facts, and the step is the global batch.
 */
import { join } from 'node:path';
import { decodeNumber } from '../codec.ts';
import type { Hyperparameters, Row } from '../protocol.ts';
import { appendEvent, eventFile, writeEvents } from './event-file.ts';
import { type EventBody, scalars, sessionStart } from './events.ts';

type Run = 'train' | 'validation';

/**
 * Makes `directory` show exactly these rows.
 *
 * @param hyperparameters the session of the HParams table; null: none
 * @throws the operating system's error
 */
export async function writeCurves(
  directory: string,
  rows: readonly Row[],
  hyperparameters: Hyperparameters | null,
): Promise<void> {
  await writeEvents(eventFile(directory), hyperparameters === null ? [] : [sessionStart(hyperparameters)]);
  for (const run of ['train', 'validation'] as const) {
    const events = rows.map((row) => toEvent(row, run)).filter((event) => event !== null);
    await writeEvents(eventFile(join(directory, run)), events);
  }
}

/** Adds the next row to what {@link writeCurves} wrote. @throws the operating system's error; add nothing after it. */
export function addToCurves(directory: string, row: Row): void {
  for (const run of ['train', 'validation'] as const) {
    const event = toEvent(row, run);
    if (event !== null) appendEvent(eventFile(join(directory, run)), event);
  }
}

/** @returns null for a run without metrics in this row. What is no number is left out: any program may be a trainer. */
export function toEvent({ step, metrics }: Row, run: Run): EventBody | null {
  if (!Number.isSafeInteger(step) || step < 0) return null;
  const tagged: [string, number][] = [];
  for (const [name, encoded] of Object.entries(metrics)) {
    const value = toNumber(encoded);
    if (value === null) continue;
    // A metric that a user calls val_… without another of the bare name is one of training.
    const bare = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
    const isValidation = bare !== null && Object.hasOwn(metrics, bare);
    if (isValidation !== (run === 'validation')) continue;
    tagged.push([`epoch/${isValidation ? bare : name === 'lr' ? 'learning_rate' : name}`, value]);
  }
  return tagged.length === 0 ? null : scalars(step, tagged);
}

// --- internal ---

const PREFIX = 'val_';

function toNumber(encoded: unknown): number | null {
  try {
    return decodeNumber(encoded);
  } catch {
    return null;
  }
}
