/** `--from`: what another sweep under the same root has found out, copied so that its later fate does not matter. */
import { readFile } from 'node:fs/promises';
import { sweepLayout } from '../layout.ts';
import { readTrials } from '../results/read-trials.ts';
import { trialLine } from '../results/record.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';
import { chooseSampler } from './choose.ts';
import { encodeSpace } from './encoded-space.ts';
import { objectivesOf } from './history.ts';

export type PriorResult =
  /** `lines`: complete trials in this space, as they stand in the other's `trials.jsonl`. */
  | { readonly ok: true; readonly lines: readonly string[]; readonly outside: number }
  | { readonly ok: false; readonly message: string };

const refuse = (message: string): PriorResult => ({ ok: false, message });

/** @param from the other sweep's id, checked to be one. */
export async function readPrior(root: string, from: string, sweep: ResolvedSweep): Promise<PriorResult> {
  if (chooseSampler(sweep).kind !== 'learns')
    return refuse(`trials of ${from} are of no use: method: ${sweep.method} learns nothing. Write method: bayes.`);
  if (from === sweep.identity.sweepId) return refuse(`a sweep cannot start from itself (${from}). Name another.`);
  const layout = sweepLayout(root, from);
  const text = await readFile(layout.resolved, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return refuse(`there is no sweep ${from} to start from: ${layout.resolved} does not exist.`);
  const other = JSON.parse(text) as ResolvedSweep;
  const [theirs, ours] = [other, sweep].map((each) =>
    objectivesOf({ metrics: each.metrics ?? [], metric: each.metric }),
  );
  const words = (objectives: typeof ours): string =>
    objectives!.map(({ name, goal }) => `${goal} ${name}`).join(', ') || 'no metric';
  if (words(theirs) !== words(ours))
    return refuse(`${from} has ${words(theirs)}, this sweep ${words(ours)}: its trials say nothing here.`);
  const space = encodeSpace(sweep.space, sweep.conditions);
  const complete = (await readTrials(layout.trials)).filter(({ state }) => state === 'complete');
  const inside = complete.filter(({ hyperparameters }) => space.encode(hyperparameters) !== null);
  return { ok: true, lines: inside.map(trialLine), outside: complete.length - inside.length };
}
