/**
 * The training loop. It owns every batch (never `model.fit`) and yields after each, so that signals, the agent's words
 * and timers are heard within one batch.
 *
 * P4 Row, then checkpoint, then the report of both. P5 Nothing in it depends on where a segment began: no clock, no
 * count of resumes reaches a row. P6 A row is written at the end of an epoch and nowhere else.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { compareEnvironments } from './backend.ts';
import { type Dataset, sizeOf } from './batches.ts';
import type { CheckpointStore } from './checkpoint-files.ts';
import { encodeMetrics, type Metrics } from './codec.ts';
import { createMeter, meansOf, type Sums } from './meter.ts';
import type { Notice, NoticeLatch } from './notice.ts';
import type { PreparedTrial } from './prepare.ts';
import type { CheckpointEntry, FromTrainer, Row, TrainerOutcome } from './protocol.ts';
import { permutation } from './random.ts';
import type { RowFile } from './row-file.ts';
import { evaluateBatch, trainBatch } from './step.ts';
import { type Progress, restore, snapshot } from './trial-state.ts';

export type Report = Extract<FromTrainer, { type: 'started' | 'progress' | 'row' | 'checkpoint' }>;

export interface Segment {
  /** Content of the checkpoint to begin at; null: from scratch. */
  readonly checkpoint: Uint8Array | null;
  /** Where this segment writes; null: nowhere. */
  readonly files: { readonly rows: RowFile; readonly checkpoints: CheckpointStore } | null;
  readonly notice: NoticeLatch;
  report(message: Report): void;
  /** Called after every batch, those of evaluations included. */
  readonly reached?: (step: number) => void;
}

const PROGRESS_MILLISECONDS = 200;

export async function train(trial: PreparedTrial, segment: Segment): Promise<TrainerOutcome> {
  const progress = begin(trial, segment);
  const names = ['loss', ...trial.metrics.map(({ name }) => name)];
  const meter = createMeter(progress);
  const steps = trial.epochs * trial.batches;
  let saved = progress.step;
  let savedAt = performance.now();
  let reportedAt = -Infinity;

  const save = (reason: CheckpointEntry['reason']): void => {
    const begun = performance.now();
    meter.drain();
    if (segment.files !== null) {
      const { step, epoch, batch } = progress;
      const entry = segment.files.checkpoints.save(snapshot(trial, progress), { step, epoch, batch, reason });
      segment.report({ type: 'checkpoint', ...entry, milliseconds: performance.now() - begun });
    }
    saved = progress.step;
    savedAt = performance.now();
  };
  const interrupt = ({ cause }: Notice): TrainerOutcome => {
    if (saved !== progress.step) save('notice');
    const { step, epoch, batch } = progress;
    return { status: 'interrupted', cause, step, epoch, batch };
  };
  const tell = (): void => {
    segment.reached?.(progress.step);
    if (performance.now() - reportedAt < PROGRESS_MILLISECONDS) return;
    meter.drain();
    reportedAt = performance.now();
    const { step, epoch, batch } = progress;
    const metrics = encodeMetrics({ ...meansOf(progress, names), lr: trial.access.learningRate() });
    segment.report({ type: 'progress', step, epoch, batch, batches: trial.batches, metrics });
  };

  while (progress.epoch < trial.epochs) {
    const order = trial.shuffle ? permutation(trial.seed, progress.epoch, trial.examples) : null;
    while (progress.batch < trial.batches) {
      await nextTurn();
      const notice = segment.notice.current();
      if (notice !== null) return interrupt(notice);
      setLearningRate(trial, progress, steps);
      const from = progress.batch * trial.batchSize;
      const to = Math.min(from + trial.batchSize, trial.examples);
      meter.add(trainBatch(trial, order, from, to), to - from);
      progress.step += 1;
      progress.batch += 1;
      tell();
      // Not after the last batch: the end of the epoch has its own, and of one step there may be but one file.
      const isDue = performance.now() - savedAt >= trial.checkpointMilliseconds;
      if (isDue && progress.batch < trial.batches) save('interval');
    }
    setLearningRate(trial, { ...progress, step: progress.step - 1 }, steps);
    meter.drain();
    const validation = await evaluate(trial, trial.data.validation, names, segment.notice, tell);
    if ('cause' in validation) return interrupt(validation);
    const metrics = { ...meansOf(progress, names), ...validation.metrics, lr: trial.access.learningRate() };
    const row: Row = { step: progress.step, epoch: progress.epoch + 1, metrics: encodeMetrics(metrics) };
    segment.files?.rows.append(row);
    Object.assign(progress, { epoch: row.epoch, batch: 0, sums: [], summed: 0, metrics: row.metrics });
    save(progress.epoch < trial.epochs ? 'epoch' : 'final');
    segment.report({ type: 'row', ...row });
  }
  return { status: 'completed', step: progress.step, epoch: progress.epoch, metrics: progress.metrics };
}

// --- internal ---

function begin(trial: PreparedTrial, segment: Segment): Progress {
  let progress: Progress = { step: 0, epoch: 0, batch: 0, sums: [], summed: 0, metrics: {} };
  const warnings = [...trial.warnings];
  if (segment.checkpoint !== null) {
    const restored = restore(trial, segment.checkpoint);
    progress = restored.progress;
    warnings.push(...compareEnvironments(restored.environment, trial.environment));
  }
  const { step, epoch, batch } = progress;
  segment.report({ type: 'started', step, epoch, batch, warnings });
  return progress;
}

function setLearningRate(trial: PreparedTrial, { step, epoch }: Progress, steps: number): void {
  if (trial.schedule === null) return;
  trial.access.setLearningRate(trial.schedule({ step, steps, epoch, epochs: trial.epochs }));
}

/** From its beginning or not at all: an evaluation cut by a notice is begun again by the next segment. */
async function evaluate(
  trial: PreparedTrial,
  dataset: Dataset | undefined,
  names: readonly string[],
  latch: NoticeLatch,
  tell: () => void,
): Promise<{ metrics: Metrics } | Notice> {
  if (dataset === undefined) return { metrics: {} };
  const sums: Sums = { sums: [], summed: 0 };
  const meter = createMeter(sums);
  const random = trial.generator.state();
  const examples = sizeOf(dataset.inputs);
  for (let from = 0; from < examples; from += trial.batchSize) {
    await nextTurn();
    const notice = latch.current();
    if (notice !== null) {
      meter.drain();
      trial.generator.restore(random);
      return notice;
    }
    const to = Math.min(from + trial.batchSize, examples);
    meter.add(evaluateBatch(trial, dataset, from, to), to - from);
    tell(); // a long evaluation is no silence
  }
  meter.drain();
  return { metrics: meansOf(sums, names, 'val_') };
}
