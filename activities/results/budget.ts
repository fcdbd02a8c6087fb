/**
 * What ended trials may keep on disk. Beyond the budget the heavy files (checkpoints, models) of the worst trials go, those
 * without an objective first; rows, curves and results stay, and the best trial keeps everything. Live trials are not
 * looked at: their checkpoints are their lives.
 */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrialEnded } from '../../workflows/messages.ts';
import type { sweepLayout, trialLayout } from '../layout.ts';

export type Goal = 'minimize' | 'maximize';
export type Ended = Pick<TrialEnded, 'number' | 'objective'>;

/** @returns numbers of the trials whose heavy files are to go, in the order of their going. */
export function beyondBudget(
  trials: readonly Ended[],
  bytes: ReadonlyMap<number, number>,
  budget: number,
  goal: Goal,
): number[] {
  const worstFirst = trials.toSorted((one, other) => rank(one, goal) - rank(other, goal) || other.number - one.number);
  const gone: number[] = [];
  let total = [...bytes.values()].reduce((sum, own) => sum + own, 0);
  for (const { number } of worstFirst.slice(0, -1)) {
    const own = bytes.get(number) ?? 0;
    if (total <= budget) break;
    if (own === 0) continue;
    gone.push(number);
    total -= own;
  }
  return gone;
}

/** Repeatable: what is gone counts nothing. @returns the numbers of the trials that were stripped. */
export async function keepWithin(
  layout: ReturnType<typeof sweepLayout>,
  trials: readonly Ended[],
  budget: number,
  goal: Goal,
): Promise<number[]> {
  const bytes = new Map<number, number>();
  for (const { number } of trials) {
    // A checkpoint that a later segment brought along is the same file under a second name.
    const seen = new Set<string>();
    let own = 0;
    for (const path of await heavyFiles(layout.trial(number))) own += await sizeOf(path, seen);
    bytes.set(number, own);
  }
  const gone = beyondBudget(trials, bytes, budget, goal);
  for (const number of gone) {
    for (const path of await heavyFiles(layout.trial(number))) await rm(path, { recursive: true, force: true });
  }
  return gone;
}

// --- internal ---

/** Higher is better; no number is worst. */
function rank({ objective }: Ended, goal: Goal): number {
  if (typeof objective !== 'number' || Number.isNaN(objective)) return -Number.MAX_VALUE;
  const value = Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, objective));
  return goal === 'maximize' ? value : -value;
}

async function heavyFiles(trial: ReturnType<typeof trialLayout>): Promise<string[]> {
  const segments = (await namesIn(trial.segments)).filter((name) => /^\d+$/.test(name)).map(Number);
  return [
    trial.best,
    trial.model,
    ...segments.flatMap((segment) => [
      trial.segment(segment).checkpoints,
      join(trial.segment(segment).directory, 'model'),
    ]),
  ];
}

async function sizeOf(path: string, seen: Set<string>): Promise<number> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return 0;
  if (found.isDirectory()) {
    let sum = 0;
    for (const name of await namesIn(path)) sum += await sizeOf(join(path, name), seen);
    return sum;
  }
  const id = `${found.dev}:${found.ino}`;
  if (seen.has(id)) return 0;
  seen.add(id);
  return found.size;
}

const namesIn = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);
