import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { trialLayout } from '../../../activities/layout.ts';
import { eventFile } from '../../../trainer/tensorboard/event-file.ts';
import { FILE_VERSION, scalars, sessionStart, withoutTime } from '../../../trainer/tensorboard/events.ts';
import { readRecords } from '../../../trainer/tensorboard/records.ts';
import { showCurves } from '../../../workers/agent/live-curves.ts';
import { BATCHES, createSegments, rowOf, writeSegment } from '../../trainer/support/segments.ts';

let trial: ReturnType<typeof trialLayout>;
beforeEach(() => {
  trial = trialLayout(createSegments());
  writeSegment(trial.segments, 1, { resume: null, rows: [1] });
  writeFileSync(trial.trial, JSON.stringify({ number: 1, hyperparameters: { rate: 0.5 }, seed: 0, environment: {} }));
});
afterEach(() => rmSync(trial.directory, { recursive: true, force: true }));

const read = (run: string) => readRecords(readFileSync(eventFile(join(trial.segment(1).curves, run)))).map(withoutTime);

test('P6: a row that was on disk before the curves were begun is shown once, though it is told as well', async () => {
  const show = showCurves(trial.directory, 1);
  for (const epoch of [1, 2]) await show(rowOf(1, epoch));
  expect(read('.')).toEqual([FILE_VERSION, sessionStart({ rate: 0.5 })]);
  const shown = [1, 2].map((epoch) => scalars(epoch * BATCHES, [['epoch/loss', 1]]));
  expect(read('train')).toEqual([FILE_VERSION, ...shown]);
});

test('curves that cannot be written are no error of the training', async () => {
  mkdirSync(eventFile(trial.segment(1).curves), { recursive: true });
  await expect(showCurves(trial.directory, 1)(rowOf(1, 2))).resolves.toBeUndefined();
  rmSync(trial.trial);
  await expect(showCurves(trial.directory, 1)(rowOf(1, 2))).resolves.toBeUndefined();
});
