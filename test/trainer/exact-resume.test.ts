/**
 * P5, through the real protocol and in real processes: cut anywhere, by anything, the trial ends in the same bytes and the
 * same rows. All optimizers, models and options: `exact-matrix.test.ts`, in one process.
 */
import { describe, expect, it, vi } from 'vitest';
import type { Hyperparameters } from '../../trainer/protocol.ts';
import { mergeRows } from '../../trainer/rows.ts';
import { createTrial, type Cut, finalCheckpoint, hasNativeBackend, runSegment } from './support/fake-agent.ts';

// Processes are started, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const BATCHES = 6;
const EPOCHS = 3;
const LAST = BATCHES * EPOCHS;

async function run(hyperparameters: Hyperparameters, cuts: readonly Cut[], env: Record<string, string> = {}) {
  const trial = createTrial(hyperparameters);
  const segments = [];
  for (const cut of cuts) segments.push(await runSegment(trial, cut, env));
  const last = await runSegment(trial, null, env);
  expect(last.outcome, last.output).toMatchObject({ status: 'completed', step: LAST, epoch: EPOCHS });
  const rows = mergeRows(trial.segments, trial.newest);
  return { segments, rows, outcome: last.outcome, checkpoint: await finalCheckpoint(trial), trial };
}

const PLACES: Cut['at'][] = [1, 4, BATCHES, BATCHES + 1, 'evaluation', LAST];
const NOTICES: Cut[] = PLACES.map((at, index) => ({ at, by: (['notice', 'SIGTERM', 'SIGUSR1'] as const)[index % 3]! }));
const KILLS: Cut[] = ([1, BATCHES, 'evaluation', LAST] as const).map((at) => ({ at, by: 'SIGKILL' }));

if (!hasNativeBackend) console.warn('NOT TESTED on libtensorflow: its addon is not built (npm test builds it)');

describe.runIf(hasNativeBackend)('exact resume on libtensorflow', () => {
  it.concurrent.each([{ optimizer: 'sgd' }, { optimizer: 'adam', extras: true }])(
    '%o: notices and kills change neither weights nor rows',
    async (hyperparameters) => {
      const straight = await run(hyperparameters, []);
      expect(straight.rows.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
      expect(straight.rows.at(-1)!.metrics).toEqual((straight.outcome as { metrics: unknown }).metrics);

      const noticed = await run(hyperparameters, NOTICES);
      expect(noticed.segments.map(({ outcome }) => outcome)).toMatchObject([
        { status: 'interrupted', cause: 'pause', step: 1, epoch: 0, batch: 1 },
        { status: 'interrupted', cause: 'preemption', step: 4, epoch: 0, batch: 4 },
        { status: 'interrupted', cause: 'limit', step: 6, epoch: 0, batch: 6 },
        { status: 'interrupted', cause: 'pause', step: 7, epoch: 1, batch: 1 },
        { status: 'interrupted', cause: 'preemption', step: 12, epoch: 1, batch: 6, evaluated: 8 },
        { status: 'interrupted', cause: 'limit', step: 18, epoch: 2, batch: 6 },
      ]);
      expect(noticed.rows).toEqual(straight.rows);
      expect(noticed.checkpoint.equals(straight.checkpoint)).toBe(true);

      const killed = await run(hyperparameters, KILLS);
      expect(killed.segments.every(({ signal }) => signal === 'SIGKILL')).toBe(true);
      expect(killed.rows).toEqual(straight.rows);
      expect(killed.checkpoint.equals(straight.checkpoint)).toBe(true);
    },
  );
});
