/** From SLURM's notice to the time limit: long enough for what the trial was last measured to need. */
import { readdir, readFile } from 'node:fs/promises';
import { trialLayout } from '../activities/layout.ts';
import { writeAtomically } from '../activities/files.ts';
import type { Measured } from '../trainer/leave.ts';

/**
 * Seconds. More than is needed costs nothing where the job's end is known, since the trainer goes on after the notice; less
 * than a minute may be too late: an NFS client may not see the notice's file sooner.
 */
const LEAST = 60;
/** SLURM keeps the lead in 16 bits. */
const MOST = 65_535;
/** For everything that is neither a batch nor a checkpoint. Seconds. */
const ROOM = 10;

/** @returns whole seconds: two batches and two checkpoints, the one that makes safe and the one to leave with. */
export const secondsFor = ({ batchSeconds, writeSeconds }: Measured): number =>
  Math.ceil(2 * writeSeconds + 2 * batchSeconds + ROOM);

/** @param measured null: nothing has been. */
export const fitLead = (measured: Measured | null): number =>
  measured === null ? LEAST : Math.min(MOST, Math.max(LEAST, secondsFor(measured)));

/** A hint for the next submission: not to write it does no harm. */
export async function writePace(trialDirectory: string, segment: number, measured: Measured): Promise<void> {
  const { batchSeconds, writeSeconds } = measured;
  const text = `${JSON.stringify({ batchSeconds, writeSeconds })}\n`;
  await writeAtomically(trialLayout(trialDirectory).segment(segment).pace, text).catch(() => {});
}

/** What the newest segment that wrote it has measured; null: none has. */
export async function readPace(trialDirectory: string): Promise<Measured | null> {
  const layout = trialLayout(trialDirectory);
  const names = await readdir(layout.segments).catch(() => []);
  for (const segment of names
    .map(Number)
    .filter(Number.isInteger)
    .toSorted((a, b) => b - a)) {
    const measured = parse(await readFile(layout.segment(segment).pace, 'utf8').catch(() => ''));
    if (measured !== null) return measured;
  }
  return null;
}

function parse(text: string): Measured | null {
  try {
    const { batchSeconds, writeSeconds } = JSON.parse(text) as Measured;
    return Number.isFinite(batchSeconds) && Number.isFinite(writeSeconds) ? { batchSeconds, writeSeconds } : null;
  } catch {
    return null;
  }
}
