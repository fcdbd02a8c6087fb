import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sweepLayout } from '../../../activities/layout.ts';
import { beyondBudget, type Ended, keepWithin } from '../../../activities/results/budget.ts';

const trial = (number: number, objective: number | null): Ended => ({ number, objective });

test('the worst go first, those without an objective before them, the best never', () => {
  const trials = [trial(1, 0.5), trial(2, null), trial(3, 0.1), trial(4, 0.9)];
  const bytes = new Map(trials.map(({ number }) => [number, 10]));
  expect(beyondBudget(trials, bytes, 40, 'minimize')).toEqual([]);
  expect(beyondBudget(trials, bytes, 25, 'minimize')).toEqual([2, 4]);
  expect(beyondBudget(trials, bytes, 0, 'minimize')).toEqual([2, 4, 1]);
  expect(beyondBudget(trials, bytes, 0, 'maximize')).toEqual([2, 3, 1]);
});

test('what stays fits the budget, unless it is the best alone; and no more goes than must', () => {
  const trials = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.option(fc.double()), fc.nat(100)), {
    selector: ([number]) => number,
    minLength: 1,
  });
  fc.assert(
    fc.property(trials, fc.nat(2_000), fc.constantFrom('minimize', 'maximize'), (given, budget, goal) => {
      const ended = given.map(([number, objective]) => trial(number, objective));
      const bytes = new Map(given.map(([number, , size]) => [number, size]));
      const gone = beyondBudget(ended, bytes, budget, goal);
      const left = (without: readonly number[]): number =>
        [...bytes].filter(([number]) => !without.includes(number)).reduce((sum, [, size]) => sum + size, 0);
      expect(gone.length).toBeLessThan(given.length);
      if (left(gone) > budget)
        expect([...bytes].filter(([number, size]) => size > 0 && !gone.includes(number))).toHaveLength(1);
      if (gone.length > 0) expect(left(gone.slice(0, -1))).toBeGreaterThan(budget);
    }),
  );
});

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'budget-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, bytes: number): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.alloc(bytes));
  return path;
}

test('checkpoints and models go, rows and curves stay, a second name of a file counts once', async () => {
  const layout = sweepLayout(root, 'lr');
  for (const number of [1, 2]) {
    const files = layout.trial(number);
    const first = write(join(files.segment(1).checkpoints, 'a.safetensors'), 1_000);
    mkdirSync(files.segment(2).checkpoints, { recursive: true });
    linkSync(first, join(files.segment(2).checkpoints, 'a.safetensors'));
    write(join(files.directory, 'model', 'weights.bin'), 500);
    write(files.metrics, 5_000);
    write(join(files.directory, 'tensorboard', 'events'), 5_000);
  }
  const ended = [trial(1, 2), trial(2, 1)];
  expect(await keepWithin(layout, ended, 3_000, 'minimize')).toEqual([]);
  expect(await keepWithin(layout, ended, 2_999, 'minimize')).toEqual([1]);
  expect(await keepWithin(layout, ended, 2_999, 'minimize')).toEqual([]);
  const [worse, better] = [layout.trial(1), layout.trial(2)];
  expect(
    [worse.segment(1).checkpoints, worse.segment(2).checkpoints, join(worse.directory, 'model')].map(existsSync),
  ).toEqual([false, false, false]);
  expect([worse.metrics, join(worse.directory, 'tensorboard'), better.segment(1).checkpoints].map(existsSync)).toEqual([
    true,
    true,
    true,
  ]);
});
