/** What the control worker leaves of a trial that ended, beside its rows. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trialLayout } from '../../activities/layout.ts';
import { mergeRows } from '../../trainer/rows.ts';
import { eventFile } from '../../trainer/tensorboard/event-file.ts';
import { FILE_VERSION, scalars, sessionStart, withoutTime } from '../../trainer/tensorboard/events.ts';
import { readRecords } from '../../trainer/tensorboard/records.ts';
import { writeProducts } from '../../workers/trial-products.ts';
import { BATCHES, createSegments, writeSegment } from '../trainer/support/segments.ts';

let trial: ReturnType<typeof trialLayout>;
beforeEach(() => {
  trial = trialLayout(createSegments());
  // The second segment began after the first epoch: the rest of the first one's rows does not count.
  writeSegment(trial.segments, 1, { resume: null, checkpoints: [BATCHES], rows: [1, 2] });
  writeSegment(trial.segments, 2, { resume: { segment: 1, step: BATCHES }, rows: [2, 3] });
  writeFileSync(trial.trial, JSON.stringify({ number: 1, hyperparameters: { rate: 0.5 }, seed: 0, environment: {} }));
});
afterEach(() => rmSync(trial.directory, { recursive: true, force: true }));

const rows = () => mergeRows(trial.segments, 2);
const read = (run: string) =>
  readRecords(readFileSync(eventFile(join(trial.directory, 'tensorboard', run)))).map(withoutTime);

function exportFrom(segment: number, text: string): void {
  const model = join(trial.segment(segment).directory, 'model');
  mkdirSync(model);
  for (const name of ['model.json', 'weights.bin']) writeFileSync(join(model, name), text);
}

describe('the products of a trial', () => {
  it('curves from the merged rows, and the model of the last segment; twice is as good as once', async () => {
    exportFrom(1, 'an older one');
    exportFrom(2, 'the model');
    for (let time = 0; time < 2; time++) expect(await writeProducts(trial, 2, rows())).toEqual([]);
    const events = [1, 2, 2].map((writer, index) => scalars((index + 1) * BATCHES, [['epoch/loss', writer]]));
    expect(read('train')).toEqual([FILE_VERSION, ...events]);
    expect(read('.')).toEqual([FILE_VERSION, sessionStart({ rate: 0.5 })]);
    expect(readFileSync(join(trial.directory, 'model/weights.bin'), 'utf8')).toBe('the model');
  });

  it('a trial that did not complete has no model, though an older segment exported one', async () => {
    exportFrom(1, 'of a completion that was not heard');
    expect(await writeProducts(trial, 2, rows())).toEqual([]);
    expect(existsSync(join(trial.directory, 'model'))).toBe(false);
  });

  it('what cannot be written is a warning, and the rest is there', async () => {
    exportFrom(2, 'the model');
    rmSync(trial.trial);
    expect(await writeProducts(trial, 2, rows())).toEqual([
      expect.stringMatching(/^curves or model of .* are incomplete: ENOENT.*trial\.json/),
    ]);
    expect(existsSync(join(trial.directory, 'model/model.json'))).toBe(true);
  });
});
