/** What the `train` activity passes on of a trainer's words. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FromTrainer } from '../../../trainer/protocol.ts';
import { eventFile } from '../../../trainer/tensorboard/event-file.ts';
import { FILE_VERSION, scalars, withoutTime } from '../../../trainer/tensorboard/events.ts';
import { readRecords } from '../../../trainer/tensorboard/records.ts';
import type { JobFile } from '../../../workers/job-file.ts';
import { createTrain } from '../../../workers/agent/train.ts';
import type { TrainerEnd, TrainerProcess } from '../../../workers/agent/trainer-process.ts';
import { PROTOCOL } from '../../../workflows/messages.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'train-'));
  mkdirSync(join(directory, 'segments'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const WARNING: FromTrainer = { type: 'warning', message: `a checkpoint could not be saved: ${'x'.repeat(1_000)}` };
const OUTCOME: TrainerEnd = {
  kind: 'outcome',
  outcome: { status: 'completed', step: 2, epoch: 1, metrics: { loss: 0.5 } },
};

/** Says what it is told to as soon as it is granted work. */
function speaker(words: readonly FromTrainer[]): TrainerProcess {
  let listener: Parameters<TrainerProcess['subscribe']>[0] = () => {};
  let finish: (end: TrainerEnd) => void = () => {};
  return {
    pid: undefined,
    subscribe: (heard) => void (listener = heard),
    send: () => {
      for (const word of words) if (word.type !== 'outcome') listener(word);
      finish(OUTCOME);
    },
    end: new Promise((resolve) => (finish = resolve)),
    kill: async () => {},
  };
}

const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run' };
const allocation = { submission: 1, jobId: '7', restartCount: 0 };
const input = { identity, number: 1, segment: 1, allocation, protocol: PROTOCOL };

function trainOf(words: readonly FromTrainer[], leave: (word: unknown) => void = () => {}) {
  return createTrain({
    job: { trialDirectory: directory, metric: 'loss', command: ['node'] } as unknown as JobFile,
    allocation,
    node: 'n1',
    notices: { current: () => null, subscribe: () => {}, close: () => {} },
    trainer: speaker(words),
    leave,
  }).train;
}

test('a row of the trainer is shown in the curves of its segment', async () => {
  writeFileSync(join(directory, 'trial.json'), JSON.stringify({ hyperparameters: { rate: 0.5 } }));
  const row: FromTrainer = { type: 'row', step: 2, epoch: 1, metrics: { loss: 0.5 }, memory: { rss: 1, tensors: 1 } };
  await new MockActivityEnvironment().run(trainOf([row]), input);
  const file = eventFile(join(directory, 'segments/1/tensorboard/train'));
  const events = await vi.waitFor(() => readRecords(readFileSync(file)).map(withoutTime));
  expect(events).toEqual([FILE_VERSION, scalars(2, [['epoch/loss', 0.5]])]);
});

test('a warning of the trainer reaches Temporal with the heartbeats, shortened', async () => {
  const environment = new MockActivityEnvironment();
  const beats: { step: number; warning?: string }[] = [];
  environment.on('heartbeat', (details: { step: number; warning?: string }) => beats.push(details));
  const told: unknown[] = [];
  const train = trainOf(
    [
      { type: 'progress', step: 1, epoch: 0, batch: 1, batches: 2, metrics: { loss: 1 } },
      WARNING,
      { type: 'progress', step: 2, epoch: 0, batch: 2, batches: 2, metrics: { loss: 1 } },
    ],
    (word) => told.push(word),
  );
  expect(await environment.run(train, input)).toMatchObject({ status: 'completed', objective: 0.5 });
  expect(beats.filter(({ step }) => step === 2).map(({ warning }) => warning)).toEqual([WARNING.message.slice(0, 500)]);
  expect(beats[0]).not.toHaveProperty('warning');
  expect(told).toMatchObject([{ segment: 1, outcome: { status: 'completed' } }]);
});
