/** The segment's directory goes away under a real trainer. On whatever backend is there. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { FromTrainer } from '../../trainer/protocol.ts';
import { mergeRows } from '../../trainer/rows.ts';
import { createTrial, openSegment, runSegment, startTrainer } from './support/fake-agent.ts';

// Processes are started, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

/** A trainer that stands still in step 8, behind the checkpoint of step 6; its directory has been moved away. */
async function startWithoutDirectory() {
  const trial = createTrial({ optimizer: 'momentum' });
  const holdFile = join(trial.directory, 'hold');
  const trainer = startTrainer(trial, { TEST_HOLD: '8', TEST_HOLD_FILE: holdFile });
  await trainer.message('ready');
  const { grant } = await openSegment(trial);
  trainer.send(grant);
  // While it stands still it reports nothing: the file tells.
  const list = join(grant.directory, 'checkpoints/latest.json');
  while (!trainer.output().includes('held 8') || !existsSync(list)) await new Promise((done) => setTimeout(done, 5));
  // The thread may still be fsyncing the directory of the list.
  await new Promise((done) => setTimeout(done, 200));
  const away = `${grant.directory}-away`;
  renameSync(grant.directory, away);
  const release = (): void => writeFileSync(holdFile, '');
  return { trial, trainer, release, bringBack: () => renameSync(away, grant.directory) };
}

const of = <T extends FromTrainer['type']>(messages: readonly FromTrainer[], type: T) =>
  messages.filter((message) => message.type === type);

it('a notice that cannot be saved: interrupted at the durable checkpoint, from which the next segment goes on', async () => {
  const { trial, trainer, release, bringBack } = await startWithoutDirectory();
  trainer.send({ type: 'notice', cause: 'limit', deadline: null });
  release();
  const { outcome } = await trainer.message('outcome');
  expect(outcome).toEqual({ status: 'interrupted', cause: 'limit', step: 6, epoch: 1, batch: 0 });
  expect((await trainer.exited).code).toBe(85);
  expect(of(trainer.messages, 'warning')).toEqual([
    {
      type: 'warning',
      message: expect.stringMatching(/ENOENT.*vanished.*last good checkpoint is that of step 6/) as string,
    },
  ]);
  bringBack();
  const next = await runSegment(trial, null);
  expect(next.resume).toMatchObject({ segment: 1, step: 6 });
  expect(next.outcome).toMatchObject({ status: 'completed', step: 18 });
  expect(mergeRows(trial.segments, trial.newest).map(({ step }) => step)).toEqual([6, 12, 18]);
});

it('the training goes on without it, and when it is back every row is there', async () => {
  const { trial, trainer, release, bringBack } = await startWithoutDirectory();
  release();
  await trainer.message('warning');
  bringBack();
  const { outcome } = await trainer.message('outcome');
  expect(outcome, trainer.output()).toMatchObject({ status: 'completed', step: 18, epoch: 3 });
  expect(of(trainer.messages, 'warning')).toHaveLength(1);
  expect(of(trainer.messages, 'row')).toMatchObject([{ step: 6 }, { step: 12 }, { step: 18 }]);
  expect(mergeRows(trial.segments, 1).map(({ step }) => step)).toEqual([6, 12, 18]);
});
