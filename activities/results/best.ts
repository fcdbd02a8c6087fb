/** The best trial, and all that is needed to use it. */
import { stat } from 'node:fs/promises';
import type { TrialEnded } from '../../workflows/messages.ts';
import type { sweepLayout } from '../layout.ts';
import { environmentNames, renderCommand } from '../sweep-config/command.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';

export interface Best extends TrialEnded {
  /** `[file, ...arguments]` of its trainer. `${envvar:NAME}` is left as it is: variables are the job's, and may be secrets. */
  readonly command: readonly string[];
  /** Absolute path of its best checkpoint; null: there is none. */
  readonly checkpoint: string | null;
  /** Absolute path of the directory with the exported model; null: there is none. */
  readonly model: string | null;
}

/** The completed trial with the best finite objective; of equals the one with the lowest number. Null without a metric. */
export function bestOf(metric: ResolvedSweep['metric'], trials: readonly TrialEnded[]): TrialEnded | null {
  if (metric === null) return null;
  const sign = metric.goal === 'minimize' ? 1 : -1;
  let best: { readonly trial: TrialEnded; readonly loss: number } | null = null;
  for (const trial of trials) {
    if (trial.state !== 'complete' || trial.objective === null || !Number.isFinite(trial.objective)) continue;
    const loss = sign * trial.objective;
    const better = best === null || loss < best.loss || (loss === best.loss && trial.number < best.trial.number);
    if (better) best = { trial, loss };
  }
  return best?.trial ?? null;
}

export async function describeBest(
  layout: Pick<ReturnType<typeof sweepLayout>, 'trial'>,
  sweep: ResolvedSweep,
  trial: TrialEnded,
): Promise<Best> {
  const files = layout.trial(trial.number);
  const environment = Object.fromEntries(environmentNames(sweep).map((name) => [name, `\${envvar:${name}}`]));
  return {
    ...trial,
    command: renderCommand(sweep, trial.hyperparameters, { environment, argumentsFile: files.arguments }),
    checkpoint: await ifThere(files.bestCheckpoint),
    model: await ifThere(files.model),
  };
}

const ifThere = (path: string): Promise<string | null> =>
  stat(path).then(
    () => path,
    () => null,
  );
