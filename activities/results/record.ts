/**
 * P12: lines at byte offsets. Whoever writes the same lines at the same offset again, whenever and however often, changes
 * nothing; a write that was torn at any byte is completed.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Json, TrialEnded } from '../../workflows/messages.ts';
import { syncDirectory } from '../files.ts';

/** One line of `trials.jsonl`, without its newline. */
export function trialLine(trial: TrialEnded): string {
  const { number, state, hyperparameters, objective, metrics, epoch, step, segments, resumes, interruptions, reason } =
    trial;
  const { verified } = trial;
  const line: Record<string, Json> = {
    number,
    state,
    hyperparameters,
    objective,
    metrics,
    epoch,
    step,
    segments,
    resumes,
    interruptions,
    reason,
    ...(verified !== undefined && { verified }),
  };
  return JSON.stringify(line);
}

/** {@link appendAt} of one line per trial. */
export const appendTrials = (file: string, offset: number, trials: readonly TrialEnded[]): Promise<number> =>
  appendAt(file, offset, trials.map(trialLine));

/**
 * @param offset length in bytes of what must be there already.
 * @param lines without newlines.
 * @returns the length of the file after these lines: the offset of the next ones.
 * @throws Error if the file is shorter than `offset`.
 */
export async function appendAt(file: string, offset: number, lines: readonly string[]): Promise<number> {
  const wanted = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const broken = lines.find((line) => line.includes('\n'));
  if (broken !== undefined) throw new Error(`a line may hold no newline: ${JSON.stringify(broken)}`);
  const handle = await open(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const { size } = await handle.stat();
    if (size < offset)
      throw new Error(`${file} has ${size} bytes, but ${offset} were recorded: it was cut or replaced`);
    const there = await readAt(handle, offset, Math.min(size - offset, wanted.length));
    let written = there.length;
    if (!there.equals(wanted.subarray(0, written))) {
      // Lines of a history that did not happen (a workflow reset).
      await handle.truncate(offset);
      written = 0;
    }
    // What follows equal lines stays: a late, repeated call may not take away what came after it.
    for (let at = written; at < wanted.length;) {
      at += (await handle.write(wanted, at, wanted.length - at, offset + at)).bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (offset === 0) await syncDirectory(dirname(file));
  return offset + wanted.length;
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
