/** One pass over the validation data. A notice cuts it between two batches; the next segment goes on there (P5). */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Metrics } from './codec.ts';
import { createMeter, meansOf } from './meter.ts';
import type { Notice, NoticeLatch } from './notice.ts';
import type { PreparedTrial } from './prepare.ts';
import type { Progress } from './progress.ts';
import { evaluateBatch } from './step.ts';

/** @returns `val_…` metrics, none without validation data; or the notice, with `progress.evaluation` where it stopped. */
export async function evaluate(
  trial: PreparedTrial,
  progress: Progress,
  names: readonly string[],
  latch: NoticeLatch,
  tell: () => void,
): Promise<{ readonly metrics: Metrics } | Notice> {
  const dataset = trial.data.validation;
  if (dataset === undefined) return { metrics: {} };
  const state = (progress.evaluation ??= { examples: 0, sums: [], summed: 0 });
  const meter = createMeter(state);
  trial.rnn?.beginEvaluation();
  trial.ema?.swapIn();
  while (state.examples < trial.validationExamples) {
    await nextTurn();
    const notice = latch.current();
    if (notice !== null) {
      meter.drain();
      // The checkpoint holds the raw weights as the model's. Recurrent states stay as they are: it holds both.
      trial.ema?.swapOut();
      return notice;
    }
    const to = Math.min(state.examples + trial.batchSize, trial.validationExamples);
    meter.add(evaluateBatch(trial, dataset, state.examples, to), to - state.examples);
    state.examples = to;
    tell(); // a long evaluation is no silence
  }
  meter.drain();
  trial.ema?.swapOut();
  trial.rnn?.endEvaluation();
  return { metrics: meansOf(state, names, 'val_') };
}
