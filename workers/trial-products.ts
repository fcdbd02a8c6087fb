/** What users open of a trial that ended: curves for TensorBoard, the exported model. Views, like the merged rows. */
import { copyFile, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { trialLayout } from '../activities/layout.ts';
import { errorCode } from '../trainer/durable.ts';
import type { Row, TrialFile } from '../trainer/protocol.ts';
import { publishDirectory } from '../trainer/publish.ts';
import { writeCurves } from '../trainer/tensorboard/curves.ts';

type Trial = ReturnType<typeof trialLayout>;

/**
 * `tensorboard/` from the rows, in place of what the segments showed; `model/` from the segment that completed the trial, if it did.
 *
 * @param rows the merged ones
 * @returns warnings: what is missing here must not keep a trial from being closed
 */
export async function writeProducts(trial: Trial, segment: number, rows: readonly Row[]): Promise<string[]> {
  const work = [() => writeTrialCurves(trial, rows), () => publishModel(trial, segment)];
  const warnings: string[] = [];
  for (const write of work) {
    try {
      await write();
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      warnings.push(`curves or model of ${trial.directory} are incomplete: ${words}`);
    }
  }
  return warnings;
}

// --- internal ---

async function writeTrialCurves(trial: Trial, rows: readonly Row[]): Promise<void> {
  const { hyperparameters } = JSON.parse(await readFile(trial.trial, 'utf8')) as TrialFile;
  await writeCurves(trial.curves, rows, hyperparameters);
  // TensorBoard would show the trial twice.
  for (const name of await readdir(trial.segments))
    await rm(trial.segment(Number(name)).curves, { recursive: true, force: true });
}

async function publishModel(trial: Trial, segment: number): Promise<void> {
  const source = join(trial.segment(segment).directory, 'model');
  const files = await readdir(source).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (files === null) return;
  await publishDirectory(trial.model, async (directory) => {
    for (const name of files) await copyFile(join(source, name), join(directory, name));
  });
}
