/** From rows to runs, tags and steps. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../../../trainer/protocol.ts';
import { toEvent, writeCurves } from '../../../trainer/tensorboard/curves.ts';
import { eventFile } from '../../../trainer/tensorboard/event-file.ts';
import { FILE_VERSION, scalars, sessionStart, withoutTime } from '../../../trainer/tensorboard/events.ts';
import { openCurves } from '../../../trainer/tensorboard/live.ts';
import { readRecords } from '../../../trainer/tensorboard/records.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'curves-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const row = (epoch: number): Row => ({
  step: epoch * 10,
  epoch,
  metrics: { loss: 1 / epoch, accuracy: epoch / 10, val_loss: 2 / epoch, val_accuracy: 'NaN', lr: 0.1 },
});
const trainOf = (epoch: number) =>
  scalars(epoch * 10, [
    ['epoch/loss', 1 / epoch],
    ['epoch/accuracy', epoch / 10],
    ['epoch/learning_rate', 0.1],
  ]);
const read = (run: string) => readRecords(readFileSync(eventFile(join(directory, run)))).map(withoutTime);

describe('curves', () => {
  it('share tags between train and validation; the step is the global batch', async () => {
    await writeCurves(directory, [row(1), row(2)], { rate: 1 });
    expect(read('train')).toEqual([FILE_VERSION, trainOf(1), trainOf(2)]);
    expect(read('validation')[2]).toEqual(
      scalars(20, [
        ['epoch/loss', 1],
        ['epoch/accuracy', Number.NaN],
      ]),
    );
    expect(read('.')).toEqual([FILE_VERSION, sessionStart({ rate: 1 })]);
  });

  it('a metric that is merely called val_… is one of training; what is no number is left out', () => {
    const metrics = { val_x: 1, word: 'high', nothing: null } as unknown as Row['metrics'];
    expect(toEvent({ step: 1, epoch: 1, metrics }, 'train')).toEqual(scalars(1, [['epoch/val_x', 1]]));
    expect(toEvent({ step: 1, epoch: 1, metrics }, 'validation')).toBeNull();
    expect(toEvent({ step: Infinity, epoch: 1, metrics }, 'train')).toBeNull();
  });

  it('of a run under way grow with every row, from what earlier segments left', async () => {
    const first = await openCurves(directory, [], {});
    for (const epoch of [1, 2, 3]) first.add(row(epoch));
    expect(read('train')).toEqual([FILE_VERSION, trainOf(1), trainOf(2), trainOf(3)]);
    // Killed, and resumed from a checkpoint before the third epoch.
    const second = await openCurves(directory, [row(1), row(2)], {});
    expect(read('train')).toEqual([FILE_VERSION, trainOf(1), trainOf(2)]);
    second.add(row(3));
    expect(await second.close([row(1), row(2), row(3)])).toBeNull();
    expect(read('train')).toEqual([FILE_VERSION, trainOf(1), trainOf(2), trainOf(3)]);
    expect(read('validation')).toHaveLength(4);
  });

  it('that cannot be written are a warning, and never an error', async () => {
    const blocked = join(directory, 'blocked');
    writeFileSync(blocked, '');
    const curves = await openCurves(blocked, [], {});
    curves.add(row(1));
    expect(await curves.close([row(1)])).toMatch(/TensorBoard's files in .*blocked are incomplete: E/);
  });
});
