/**
 * The training loop. It owns every batch (never `model.fit`) and yields after each, so that signals, the agent's words
 * and timers are heard within one batch.
 *
 * P4 Row, then checkpoint, then the report of both. P5 Nothing in it depends on where a segment began: no clock, no
 * count of resumes reaches a row. P6 A row is written at the end of an epoch and nowhere else.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { compareEnvironments } from './backend.ts';
import type { CheckpointStore } from './checkpoint-files.ts';
import { encodeMetrics } from './codec.ts';
import { createDeparture } from './departure.ts';
import { finishEpoch } from './epoch-end.ts';
import { evaluate } from './evaluation.ts';
import { createMemoryWatch } from './memory-watch.ts';
import { createMeter, meansOf } from './meter.ts';
import type { Notice, NoticeLatch } from './notice.ts';
import { createPace } from './pace.ts';
import { plateauRate } from './plateau.ts';
import type { PreparedTrial } from './prepare.ts';
import { type Progress, startOfTraining } from './progress.ts';
import type { FromTrainer, Row, TrainerOutcome } from './protocol.ts';
import { permutation } from './random.ts';
import { createSaver } from './saver.ts';
import { batchRange, trainBatch } from './step.ts';
import { restore, snapshot } from './trial-state.ts';

export type Report = Extract<FromTrainer, { type: 'started' | 'progress' | 'row' | 'checkpoint' | 'warning' }>;

export interface Segment {
  /** Content of the checkpoint to begin at; null: from scratch. */
  readonly checkpoint: Uint8Array | null;
  /** Where this segment writes; null: nowhere. */
  readonly files: CheckpointStore | null;
  readonly notice: NoticeLatch;
  report(message: Report): void;
  /** Called after every batch, those of evaluations included. */
  readonly reached?: (step: number, place: 'batch' | 'evaluation') => void;
}

const PROGRESS_MILLISECONDS = 200;

export async function train(trial: PreparedTrial, segment: Segment): Promise<TrainerOutcome> {
  const progress = begin(trial, segment);
  const names = ['loss', ...trial.metrics.map(({ name }) => name)];
  const meter = createMeter(progress);
  const steps = trial.epochs * trial.batches;
  const watchMemory = createMemoryWatch();
  const pace = createPace();
  const departure = createDeparture(segment.notice, pace);
  let reportedAt = -Infinity;

  const saver = createSaver({
    store: segment.files,
    position: () => {
      const { step, epoch, batch, evaluation } = progress;
      return { step, epoch, batch, ...(evaluation && evaluation.examples > 0 && { evaluated: evaluation.examples }) };
    },
    take: (allocate) => {
      meter.drain();
      return snapshot(trial, progress, allocate);
    },
    notice: { current: departure.due },
    pace,
    report: (message) => segment.report(message),
    intervalMilliseconds: trial.checkpointMilliseconds,
  });
  const interrupt = async ({ cause }: Notice): Promise<TrainerOutcome> => {
    return { status: 'interrupted', cause, ...(await saver.interrupt()) };
  };
  const tell = (place: 'batch' | 'evaluation' = 'batch'): void => {
    segment.reached?.(progress.step, place);
    if (performance.now() - reportedAt < PROGRESS_MILLISECONDS) return;
    meter.drain();
    reportedAt = performance.now();
    const { step, epoch, batch } = progress;
    const metrics = encodeMetrics({ ...meansOf(progress, names), lr: trial.access.learningRate() });
    segment.report({ type: 'progress', step, epoch, batch, batches: trial.batches, metrics });
  };

  while (!progress.finished) {
    const order = trial.shuffle ? permutation(trial.seed, progress.epoch, trial.examples) : null;
    if (progress.batch === 0) trial.rnn?.beginEpoch();
    while (progress.batch < trial.batches) {
      await nextTurn();
      const notice = await departure.check(() => saver.secure());
      if (notice !== null) return interrupt(notice);
      setLearningRate(trial, progress, steps);
      const { from, to } = batchRange(trial, progress.batch);
      meter.add(trainBatch(trial, order, progress.batch), to - from);
      progress.step += 1;
      progress.batch += 1;
      tell();
      // Not after the last batch: the end of the epoch has its own, and of one step there may be but one file.
      if (progress.batch < trial.batches) await saver.interval();
    }
    setLearningRate(trial, { ...progress, step: progress.step - 1 }, steps);
    meter.drain();
    const validation = await evaluate(trial, progress, names, {
      check: departure.check,
      secure: saver.secure,
      tell: () => tell('evaluation'),
    });
    if ('cause' in validation) return interrupt(validation);
    const metrics = { ...meansOf(progress, names), ...validation.metrics, lr: trial.access.learningRate() };
    const { environmentChanges } = progress;
    const mark = environmentChanges > 0 ? { environmentChanges } : {};
    const row: Row = { step: progress.step, epoch: progress.epoch + 1, metrics: encodeMetrics(metrics), ...mark };
    const { improved } = finishEpoch(trial, progress, row);
    const { numTensors: tensors } = trial.tf.memory();
    const told = { ...row, memory: { rss: process.memoryUsage.rss(), tensors } };
    const leak = watchMemory(tensors);
    if (leak !== null) segment.report({ type: 'warning', message: leak });
    if (!progress.finished) await saver.epoch(told, improved);
    else {
      const cut = await saver.final(told, improved, tell);
      if (cut !== null) return interrupt(cut);
    }
  }
  return { status: 'completed', step: progress.step, epoch: progress.epoch, metrics: progress.metrics };
}

// --- internal ---

function begin(trial: PreparedTrial, segment: Segment): Progress {
  let progress = startOfTraining();
  const warnings = [...trial.warnings];
  if (segment.checkpoint !== null) {
    const restored = restore(trial, segment.checkpoint);
    progress = restored.progress;
    progress.finished ||= progress.epoch >= trial.epochs;
    const changes = compareEnvironments(restored.environment, trial.environment);
    if (changes.length > 0) progress.environmentChanges += 1;
    warnings.push(...changes);
  }
  const { step, epoch, batch } = progress;
  segment.report({ type: 'started', step, epoch, batch, warnings });
  return progress;
}

function setLearningRate(trial: PreparedTrial, progress: Progress, steps: number): void {
  if (trial.schedule === null) return;
  const { step, epoch } = progress;
  const rate = trial.schedule({ step, steps, epoch, epochs: trial.epochs });
  if (!Number.isFinite(rate) || rate < 0)
    throw new RangeError(`schedule gave the learning rate ${rate} at step ${step}: it must be a number from 0 on`);
  trial.access.setLearningRate(trial.plateau === null ? rate : plateauRate(trial.plateau, progress.plateau, rate));
}
