/** P5 for every optimizer, model and place of a cut: the same bytes and the same rows as the straight run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Backend, loadBackend } from '../../trainer/backend.ts';
import { decodeSafeTensors } from '../../trainer/safetensors.ts';
import { hasNativeBackend } from './support/fake-agent.ts';
import { type HeldCut, runHeld } from './support/held-writes.ts';
import { type InProcessCut, type InProcessRun, runInProcess } from './support/in-process.ts';
import { EPOCHS, type MatrixModel, MODELS, OPTIMIZERS } from './support/matrix-trials.ts';

vi.setConfig({ testTimeout: 120_000 });

if (!hasNativeBackend) console.warn('NOT TESTED on libtensorflow: its addon is not built (npm test builds it)');

/** Positions: first batch, inside an epoch, its end, inside an evaluation, the edge, the last batch, its evaluation. */
function places({ batches, evaluations }: MatrixModel): number[] {
  const epoch = batches + evaluations;
  const last = (EPOCHS - 1) * epoch + batches;
  return [1, 3, batches, batches + 1, epoch, epoch + 2, epoch + batches + 1, last - 1, last, last + 1];
}

/** In the writes of an epoch's middle, its edge and the last epoch: as the checkpoint, and as the list is written. */
function writeCuts({ batches }: MatrixModel): HeldCut[] {
  const [file, list] = [6, 14];
  return [
    { step: 2, nth: file, by: 'kill' },
    { step: batches, nth: list, by: 'notice' },
    { step: 2 * batches, nth: list, by: 'kill' },
    { step: 2 * batches + 1, nth: file, by: 'notice' },
  ];
}

function expectSame(run: Pick<InProcessRun, 'rows' | 'outcome' | 'bytes'>, straight: InProcessRun): void {
  expect(run.rows).toEqual(straight.rows);
  expect(run.outcome).toEqual(straight.outcome);
  const [mine, theirs] = [run.bytes, straight.bytes].map((bytes) => decodeSafeTensors(bytes));
  const different = [...theirs!.tensors].filter(
    ([name, { data }]) => !Buffer.from(data).equals(mine!.tensors.get(name)?.data ?? Buffer.alloc(0)),
  );
  expect(different.map(([name]) => name)).toEqual([]);
  expect(mine!.metadata).toEqual(theirs!.metadata);
  expect(run.bytes.equals(straight.bytes)).toBe(true);
}

describe.runIf(hasNativeBackend)('exact resume, in one process', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await loadBackend();
  });

  describe.each(Object.entries(MODELS))('%s', (_, model) => {
    it.each(Object.keys(OPTIMIZERS))('%s', async (optimizer) => {
      const run = (cuts: InProcessCut[], seconds?: number) =>
        runInProcess(backend, model.definition, { optimizer }, cuts, seconds);
      const straight = await run([]);
      expect(straight.rows.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
      expect(straight.segments).toBe(1);

      const all = places(model);
      const noticed = await run(all.map((at) => ({ at, by: 'notice' })));
      // Wherever it was struck, the next segment went on at that very batch.
      expect(noticed.began).toEqual([0, ...all]);
      expectSame(noticed, straight);

      const killed = await run(
        all.map((at) => ({ at, by: 'kill' })),
        0,
      );
      expect(killed.segments).toBe(all.length + 1);
      expectSame(killed, straight);
    });

    it('going on after the notice of a time limit, and leaving later, changes no bit', async () => {
      const straight = await runInProcess(backend, model.definition, { optimizer: 'Adam' });
      for (const at of places(model)) {
        const run = await runInProcess(backend, model.definition, { optimizer: 'Adam' }, [
          { at, by: 'limit', until: at + 5 },
        ]);
        // Safe at once, though it went on; then again when it left.
        const saved = run.messages.flatMap((message) => (message.type === 'checkpoint' ? [message.reason] : []));
        expect(saved).toContain('notice');
        expectSame(run, straight);
      }
    });

    it.each(Object.keys(OPTIMIZERS))('%s, cut during a checkpoint write', async (optimizer) => {
      const straight = await runInProcess(backend, model.definition, { optimizer });
      const directory = mkdtempSync(join(tmpdir(), 'held-'));
      try {
        const cuts = writeCuts(model);
        const run = await runHeld(backend, model.definition, { optimizer }, cuts, directory);
        expect(run.came).toHaveLength(cuts.length);
        for (const [index, { by }] of cuts.entries()) {
          const { cut, next } = run.came[index]!;
          // After a notice it goes on behind the write that was cut; after a kill at the latest there.
          if (by === 'notice') expect(next).toBe(cut + 1);
          else expect(next).toBeLessThanOrEqual(cut);
        }
        expectSame(run, straight);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    it('any list of cuts leaves every row once, and equal bytes', async () => {
      const straight = await runInProcess(backend, model.definition, { optimizer: 'Adam' });
      const end = EPOCHS * (model.batches + model.evaluations);
      const cut = fc.record({
        at: fc.integer({ min: 0, max: end - 1 }),
        by: fc.constantFrom('notice' as const, 'kill' as const),
      });
      const property = fc.asyncProperty(
        fc.array(cut, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(0, Infinity),
        async (cuts, checkpointSeconds) => {
          const run = await runInProcess(backend, model.definition, { optimizer: 'Adam' }, cuts, checkpointSeconds);
          expect(run.rows.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
          expectSame(run, straight);
        },
      );
      await fc.assert(property, { numRuns: 10 });
    });
  });
});
