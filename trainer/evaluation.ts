/** One pass over the validation data. A notice that leaves no time cuts it between two batches; the next segment goes on there (P5). */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Metrics } from './codec.ts';
import { createMeter, meansOf } from './meter.ts';
import type { Departure } from './departure.ts';
import type { Notice } from './notice.ts';
import type { PreparedTrial } from './prepare.ts';
import type { Progress } from './progress.ts';
import { evaluateBatch } from './step.ts';

export interface EvaluationHooks {
  readonly check: Departure['check'];
  /** Makes the position of now durable. */
  readonly secure: () => Promise<boolean>;
  /** Called after every batch. */
  readonly tell: () => void;
}

/** @returns `val_…` metrics, none without validation data; or the notice, with `progress.evaluation` where it stopped. */
export async function evaluate(
  trial: PreparedTrial,
  progress: Progress,
  names: readonly string[],
  loop: EvaluationHooks,
): Promise<{ readonly metrics: Metrics } | Notice> {
  const dataset = trial.data.validation;
  if (dataset === undefined) return { metrics: {} };
  const state = (progress.evaluation ??= { examples: 0, sums: [], summed: 0 });
  const meter = createMeter(state);
  trial.rnn?.beginEvaluation();
  trial.ema?.swapIn();
  // A checkpoint holds the raw weights as the model's. Recurrent states stay as they are: it holds both.
  const interruptible = (): void => {
    meter.drain();
    trial.ema?.swapOut();
  };
  while (state.examples < trial.validationExamples) {
    await nextTurn();
    const notice = await loop.check(async () => {
      interruptible();
      const isSecured = await loop.secure();
      trial.ema?.swapIn();
      return isSecured;
    });
    if (notice !== null) {
      interruptible();
      return notice;
    }
    const to = Math.min(state.examples + trial.batchSize, trial.validationExamples);
    meter.add(evaluateBatch(trial, dataset, state.examples, to), to - state.examples);
    state.examples = to;
    loop.tell(); // a long evaluation is no silence
  }
  interruptible();
  trial.rnn?.endEvaluation();
  return { metrics: meansOf(state, names, 'val_') };
}
