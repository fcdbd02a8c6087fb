/** P13: results.json, results.csv and best.yaml in the sweep's own directory. */
import { rm } from 'node:fs/promises';
import { syncDirectory, writeAtomically } from '../files.ts';
import type { sweepLayout } from '../layout.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';
import { bestOf, describeBest } from './best.ts';
import { toBestYaml } from './best-yaml.ts';
import { toCsv } from './csv.ts';
import { readTrials } from './read-trials.ts';
import { summarize, type Summary } from './summary.ts';

type SweepFiles = Pick<
  ReturnType<typeof sweepLayout>,
  'directory' | 'trials' | 'trial' | 'resultsCsv' | 'resultsJson' | 'best'
>;

/**
 * What {@link writeResults} would write to `results.json` now.
 * @param state the sweep's state, as it is shown.
 * @param offset see there.
 */
export async function readSummary(
  layout: Pick<SweepFiles, 'trials' | 'trial'>,
  sweep: ResolvedSweep,
  state: string,
  offset?: number,
): Promise<Summary> {
  const trials = await readTrials(layout.trials, offset);
  const best = bestOf(sweep.metric, trials);
  return summarize(sweep, state, trials, best === null ? null : await describeBest(layout, sweep, best));
}

/**
 * Idempotent; each file is the old or the new one at every moment. Without a best trial there is no best.yaml.
 * @param state the sweep's state, as `results.json` shows it.
 * @param offset bytes of `trials.jsonl` that count. Default: all whole lines.
 */
export async function writeResults(
  layout: SweepFiles,
  sweep: ResolvedSweep,
  state: string,
  offset?: number,
): Promise<Summary> {
  const summary = await readSummary(layout, sweep, state, offset);
  await writeAtomically(layout.resultsCsv, toCsv(sweep.space, summary.trials));
  if (summary.best === null) {
    await rm(layout.best, { force: true });
    await syncDirectory(layout.directory);
  } else {
    await writeAtomically(layout.best, toBestYaml(sweep, summary.best));
  }
  await writeAtomically(layout.resultsJson, `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}
