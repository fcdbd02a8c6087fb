/** TensorBoard on the directory of a trial under an agent: shown once, while it runs, after a resume, when it is closed. */
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trialLayout } from '../../activities/layout.ts';
import { showCurves } from '../../workers/agent/live-curves.ts';
import { closeViews } from '../../workers/views.ts';
import { BATCHES, createSegments, rowOf, writeSegment } from '../trainer/support/segments.ts';
import { hasPython, python } from './support/python.ts';

let trial: ReturnType<typeof trialLayout>;
beforeEach(() => {
  trial = trialLayout(createSegments());
  writeFileSync(trial.trial, JSON.stringify({ number: 1, hyperparameters: { rate: 0.5 }, seed: 0, environment: {} }));
});
afterEach(() => rmSync(trial.directory, { recursive: true, force: true }));

const runs = (): Promise<unknown> => python('read_runs.py', trial.directory);
const loss = (...segments: number[]): unknown => ({
  'epoch/loss': segments.map((segment, index) => [(index + 1) * BATCHES, segment]),
});

describe.runIf(hasPython)('TensorBoard', () => {
  it('P6: shows a trial once, and each of its epochs once, whatever became of its segments', async () => {
    writeSegment(trial.segments, 1, { resume: null, rows: [] });
    const first = showCurves(trial.directory, 1);
    for (const epoch of [1, 2]) await first(rowOf(1, epoch));
    expect(await runs()).toEqual({ 'segments/1/tensorboard': {}, 'segments/1/tensorboard/train': loss(1, 1) });

    // The second segment begins after the first epoch; the first one goes on, unheard.
    writeSegment(trial.segments, 1, { resume: null, checkpoints: [BATCHES], rows: [1, 2] });
    writeSegment(trial.segments, 2, { resume: { segment: 1, step: BATCHES }, rows: [] });
    const second = showCurves(trial.directory, 2);
    await second(rowOf(2, 2));
    await first(rowOf(1, 3));
    expect(await runs()).toEqual({ 'segments/2/tensorboard': {}, 'segments/2/tensorboard/train': loss(1, 2) });

    writeSegment(trial.segments, 2, { resume: { segment: 1, step: BATCHES }, rows: [2, 3] });
    expect(await closeViews(trial, 2)).toEqual([]);
    await second(rowOf(2, 3));
    expect(await runs()).toEqual({ tensorboard: {}, 'tensorboard/train': loss(1, 2, 2) });
  });
});
