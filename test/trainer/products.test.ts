/** What a completed training leaves for people: the model that its last checkpoint holds, and curves. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it, vi } from 'vitest';
import { findResumePoint } from '../../trainer/restore.ts';
import { decodeSafeTensors } from '../../trainer/safetensors.ts';
import { createTrial, finalCheckpoint, FIXTURE, runSegment } from './support/fake-agent.ts';

vi.setConfig({ testTimeout: 120_000 });

const trial = createTrial({ epochs: 1 });
const directory = mkdtempSync(join(tmpdir(), 'products-'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** The model's weights in its own order, as a checkpoint holds them. */
function weightsOf(checkpoint: Buffer): Buffer {
  const names = [...decodeSafeTensors(checkpoint).tensors].filter(([name]) => name.startsWith('model/'));
  return Buffer.concat(names.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { data }]) => data));
}

it('a segment exports its model when it completes, not before', async () => {
  const cut = await runSegment(trial, { at: 3, by: 'notice' });
  expect(cut.outcome).toMatchObject({ status: 'interrupted' });
  expect(existsSync(join(trial.segments, '1/model'))).toBe(false);
  expect((await runSegment(trial, null)).outcome).toMatchObject({ status: 'completed' });
  const weights = readFileSync(join(trial.segments, '2/model/weights.bin'));
  expect(weights.equals(weightsOf(await finalCheckpoint(trial)))).toBe(true);
});

it('a script alone exports it beside its curves; the same command once more changes nothing', async () => {
  const command = ['--import', 'tsx', FIXTURE, '--epochs=1', `--directory=${directory}`];
  const curves = join(directory, 'tensorboard/validation/events.out.tfevents.view');
  await promisify(execFile)(process.execPath, command);
  const before = [readFileSync(join(directory, 'model/weights.bin')), readFileSync(curves)];
  const { point } = await findResumePoint(join(directory, 'segments'), 1);
  expect(before[0]!.equals(weightsOf(readFileSync(point!.file)))).toBe(true);
  await promisify(execFile)(process.execPath, command);
  expect([readFileSync(join(directory, 'model/weights.bin')), readFileSync(curves)]).toEqual(before);
});
