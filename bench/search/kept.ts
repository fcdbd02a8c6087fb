/** Outcomes in a file, a line of JSON each: a comparison takes hours, and goes on where it was left. */
import { appendFile, readFile } from 'node:fs/promises';
import type { Outcome } from './regret-table.ts';

export interface Kept {
  find(asked: Omit<Outcome, 'regret' | 'seconds'>): Outcome | undefined;
  add(outcome: Outcome): Promise<void>;
}

/** @param path null: nothing is kept. */
export async function openKept(path: string | null): Promise<Kept> {
  const text = path === null ? '' : await readFile(path, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  const outcomes = lines.map((line) => JSON.parse(line) as Outcome);
  return {
    find: (asked) =>
      outcomes.find((outcome) =>
        Object.entries(asked).every(([key, value]) => outcome[key as keyof Outcome] === value),
      ),
    async add(outcome) {
      if (path !== null) await appendFile(path, `${JSON.stringify(outcome)}\n`);
    },
  };
}
