/**
 * One event file of a run. It is brought to what it should hold, never merely added to: so a resume, a kill in the
 * middle of an append, or rows that no longer count leave no event twice and none missing.
 */
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../durable.ts';
import { writeWhole } from '../publish.ts';
import { atTime, type EventBody, FILE_VERSION, withoutTime } from './events.ts';
import { frame, readRecords } from './records.ts';

/** A run has one file, of one name. TensorBoard knows event files by "tfevents". */
export const eventFile = (run: string): string => join(run, 'events.out.tfevents.view');

/**
 * Events that are there keep their wall times; new ones get the time of now. The file grows by appending, which a
 * running TensorBoard follows, unless what it holds is no beginning of what it should: then it is replaced as a whole.
 *
 * @param events without the file's version; none: no file is made
 * @throws the operating system's error
 */
export async function writeEvents(path: string, events: readonly EventBody[]): Promise<void> {
  const before = await readIfThere(path);
  if (before === null && events.length === 0) return;
  const { kept, fresh } = compare(before ?? Buffer.alloc(0), [FILE_VERSION, ...events]);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (before !== null && kept.byteLength === before.byteLength) {
    if (fresh.byteLength > 0) await appendFile(path, fresh);
  } else {
    await writeWhole(path, Buffer.concat([kept, fresh]));
  }
}

/** Only behind {@link writeEvents}, and not after an append that failed: it may have torn the last record. */
export function appendEvent(path: string, event: EventBody): void {
  const isThere = existsSync(path);
  if (!isThere) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  appendFileSync(path, encode(isThere ? [event] : [FILE_VERSION, event]), { mode: 0o600 });
}

// --- internal ---

const encode = (events: readonly EventBody[]): Buffer =>
  Buffer.concat(events.map((event) => frame(atTime(Date.now() / 1000, event))));

function compare(file: Buffer, wanted: readonly EventBody[]): { kept: Buffer; fresh: Buffer } {
  const records = readRecords(file);
  let same = 0;
  while (same < records.length && same < wanted.length && withoutTime(records[same]!).equals(wanted[same]!)) same += 1;
  const kept = Buffer.concat(records.slice(0, same).map(frame));
  return { kept, fresh: encode(wanted.slice(same)) };
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
