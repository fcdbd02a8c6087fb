/** What the `train` activity passes on of a trainer's words. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Notice } from '../../../trainer/notice.ts';
import type { FromTrainer, NoticeCause, ToTrainer } from '../../../trainer/protocol.ts';
import { eventFile } from '../../../trainer/tensorboard/event-file.ts';
import { FILE_VERSION, scalars, withoutTime } from '../../../trainer/tensorboard/events.ts';
import { readRecords } from '../../../trainer/tensorboard/records.ts';
import type { JobFile } from '../../../workers/job-file.ts';
import { readPace } from '../../../workers/lead-time.ts';
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

const allocation = { submission: 1, jobId: '7', restartCount: 0 };
const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run' };
const input = { identity, number: 1, segment: 1, allocation, protocol: PROTOCOL };

/** Hears what it is told; speaks and ends when the test says so. */
function puppet() {
  let listener: Parameters<TrainerProcess['subscribe']>[0] = () => {};
  let finish: (end: TrainerEnd) => void = () => {};
  const heard: ToTrainer[] = [];
  const trainer: TrainerProcess = {
    pid: undefined,
    subscribe: (given) => void (listener = given),
    send: (message) => void heard.push(message),
    end: new Promise((resolve) => (finish = resolve)),
    kill: async () => finish({ kind: 'died', code: null, signal: 'SIGKILL', spoke: true }),
  };
  return {
    trainer,
    heard,
    notices: () => heard.flatMap((message) => (message.type === 'notice' ? [[message.cause, message.deadline]] : [])),
    say: (message: Parameters<typeof listener>[0]) => listener(message),
    leave: (cause: NoticeCause, step: number) =>
      finish({ kind: 'outcome', outcome: { status: 'interrupted', cause, step, epoch: 0, batch: step } }),
  };
}

/** A segment of a job that ends at `end`, and whoever gives it notice. */
function startSegment(end: number | null) {
  const actor = puppet();
  let notify: (notice: Notice) => void = () => {};
  const job = { trialDirectory: directory, metric: 'loss', command: ['node'], leadSeconds: 60 } as unknown as JobFile;
  const { train } = createTrain({
    ...{ job, allocation, node: 'n1', trainer: actor.trainer, leave: () => {} },
    notices: { current: () => null, subscribe: (listener) => void (notify = listener), close: () => {} },
    jobEnd: { current: () => end, ask: async () => {} },
  });
  const outcome = new MockActivityEnvironment().run(train, input);
  const granted = vi.waitFor(() => expect(actor.heard).toHaveLength(1));
  return { ...actor, outcome, granted, notify: (notice: Notice) => notify(notice) };
}

const progress = (step: number): FromTrainer & { type: 'progress' } => ({
  ...{ type: 'progress', step, epoch: 0, batch: step, batches: 9, metrics: {} },
});
const STARTED: FromTrainer & { type: 'started' } = { type: 'started', step: 0, epoch: 0, batch: 0, warnings: [] };
const checkpoint = (step: number, seconds: number): FromTrainer & { type: 'checkpoint' } => ({
  ...{ type: 'checkpoint', file: 'f', step, epoch: 0, batch: step, bytes: 1, sha256: '', reason: 'interval' },
  milliseconds: seconds * 1_000,
});

test('without any notice: it is given when no more than a batch and a checkpoint fit before the end', async () => {
  const end = Date.now() + 100_000;
  const segment = startSegment(end);
  await segment.granted;
  segment.say(STARTED);
  segment.say(progress(1));
  segment.say(checkpoint(1, 1));
  expect(segment.notices()).toEqual([]);
  segment.say(checkpoint(2, 60));
  expect(segment.notices()).toEqual([['limit', end]]);
  segment.leave('limit', 2);
  expect(await segment.outcome).toEqual({ status: 'interrupted', cause: 'limit', step: 2, epoch: 0, batch: 2 });
  expect(await readPace(directory)).toEqual({ batchSeconds: 0, writeSeconds: 60 });
});

test('a job without a known end is given no notice of ours', async () => {
  const segment = startSegment(null);
  await segment.granted;
  segment.say(checkpoint(1, 100_000));
  expect(segment.notices()).toEqual([]);
  segment.leave('stop', 1);
  await segment.outcome;
});

test('a preemption after a time limit that leaves time is passed on; a second one is not', async () => {
  const end = Date.now() + 50_000;
  const segment = startSegment(end);
  await segment.granted;
  for (const notice of [
    { cause: 'limit', deadline: end },
    { cause: 'preemption', deadline: null },
    { cause: 'preemption', deadline: null },
  ] as const)
    segment.notify(notice);
  expect(segment.notices()).toEqual([
    ['limit', end],
    ['preemption', null],
  ]);
  segment.leave('preemption', 3);
  expect(await segment.outcome).toMatchObject({ cause: 'preemption' });
});

test('a limit too short for a first checkpoint is told with what it was spent on; not where the end is far', async () => {
  const short = startSegment(Date.now() + 50_000);
  await short.granted;
  short.say(STARTED);
  short.notify({ cause: 'limit', deadline: Date.now() + 50_000 });
  short.leave('limit', 0);
  const note = expect.stringMatching(
    /^the job's time limit left no time for a first checkpoint \(loading took .* s, no batch/,
  );
  expect(await short.outcome).toMatchObject({ status: 'interrupted', step: 0, note });
  rmSync(join(directory, 'segments', '1'), { recursive: true });
  const far = startSegment(Date.now() + 3_600_000);
  await far.granted;
  far.notify({ cause: 'limit', deadline: null });
  far.leave('limit', 0);
  expect(await far.outcome).not.toHaveProperty('note');
});

function trainOf(words: readonly FromTrainer[], leave: (word: unknown) => void = () => {}) {
  return createTrain({
    job: { trialDirectory: directory, metric: 'loss', command: ['node'] } as unknown as JobFile,
    allocation,
    node: 'n1',
    notices: { current: () => null, subscribe: () => {}, close: () => {} },
    jobEnd: { current: () => null, ask: async () => {} },
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
