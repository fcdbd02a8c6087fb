import { describe, expect, it } from 'vitest';
import type { CheckpointStore } from '../../trainer/checkpoint-files.ts';
import type { SaveRequest } from '../../trainer/checkpoint-writer.ts';
import type { Notice } from '../../trainer/notice.ts';
import { createPace } from '../../trainer/pace.ts';
import type { Position } from '../../trainer/position.ts';
import type { FromTrainer } from '../../trainer/protocol.ts';
import { createSaver, type SaverInput } from '../../trainer/saver.ts';
import type { Saved } from '../../trainer/writer-thread.ts';

interface Asked extends SaveRequest {
  /** Answers as the thread would. */
  succeed(): void;
  fail(cause: string): void;
}

/** A store that answers when it is told to. */
function createFixture(more: Partial<SaverInput> = {}) {
  const asked: Asked[] = [];
  const open = new Set<Asked>();
  const messages: FromTrainer[] = [];
  const position: Position = { step: 0, epoch: 0, batch: 0 };
  let notice: Notice | null = null;
  const store: CheckpointStore = {
    save: (take, request) => {
      take((bytes) => Buffer.alloc(bytes));
      const given = request();
      const durable = new Promise<Saved>((answer) => {
        const close = (saved: Saved): void => {
          open.delete(one);
          answer(saved);
        };
        const one: Asked = {
          ...given,
          rows: [...given.rows],
          succeed: () => close({ kind: 'saved', entry: { file: 'f', ...given.at, bytes: 1, sha256: '' } }),
          fail: (cause) => close({ kind: 'failed', cause, message: `cannot write x: ${cause}` }),
        };
        asked.push(one);
        open.add(one);
      });
      return Promise.resolve({ durable });
    },
    isBusy: () => open.size > 0,
    close: () => Promise.resolve(),
  };
  const saver = createSaver({
    store,
    position: () => position,
    take: (allocate) => allocate(8),
    notice: { current: () => notice },
    pace: createPace(),
    report: (message) => messages.push(message),
    intervalMilliseconds: 0,
    ...more,
  });
  const at = (step: number, epoch = 0, batch = step): void => void Object.assign(position, { step, epoch, batch });
  const told = (): unknown[] => messages.map((message) => [message.type, 'step' in message ? message.step : null]);
  return { saver, asked, messages, told, at, give: (given: Notice) => void (notice = given) };
}

const row = (step: number, epoch: number) => ({ step, epoch, metrics: {} });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('saver', () => {
  it('an interval is skipped while a checkpoint is being written; the loop waits for none', async () => {
    const { saver, asked, told, at } = createFixture();
    for (const step of [1, 2, 3]) {
      at(step);
      await saver.interval();
    }
    expect(asked.map((one) => one.at)).toEqual([{ step: 1, epoch: 0, batch: 1, reason: 'interval' }]);
    expect(told()).toEqual([]);
    asked[0]!.succeed();
    await turn();
    expect(told()).toEqual([['checkpoint', 1]]);
    at(4);
    await saver.interval();
    expect(asked.map((one) => one.at.step)).toEqual([1, 4]);
  });

  it('not before its time', async () => {
    const { saver, asked, at } = createFixture({ intervalMilliseconds: 3_600_000 });
    at(1);
    await saver.interval();
    expect(asked).toEqual([]);
  });

  it('P4: a row is reported behind a checkpoint that holds it, not behind one that was in flight before', async () => {
    const { saver, asked, told, at } = createFixture();
    at(3);
    await saver.interval();
    at(4, 1, 0);
    await saver.epoch(row(4, 1), true);
    expect(asked.map(({ rows, best }) => [rows, best])).toEqual([
      [[], false],
      [[row(4, 1)], true],
    ]);
    asked[0]!.succeed();
    await turn();
    expect(told()).toEqual([['checkpoint', 3]]);
    asked[1]!.succeed();
    await turn();
    expect(told()).toEqual([
      ['checkpoint', 3],
      ['checkpoint', 4],
      ['row', 4],
    ]);
  });

  it('failures are told once per cause; the rows go with the next one, and are reported then', async () => {
    const { saver, asked, messages, told, at } = createFixture();
    for (const [epoch, cause] of ['ENOSPC', 'ENOSPC', 'EROFS'].entries()) {
      at(4 * (epoch + 1), epoch + 1, 0);
      await saver.epoch(row(4 * (epoch + 1), epoch + 1), false);
      asked.at(-1)!.fail(cause);
      await turn();
    }
    expect(messages.map((message) => message.type === 'warning' && message.message)).toEqual([
      expect.stringMatching(/ENOSPC.*The training goes on; the last good checkpoint is that of step 0/),
      expect.stringMatching(/EROFS/),
    ]);
    at(16, 4, 0);
    await saver.epoch(row(16, 4), false);
    expect(asked.at(-1)!.rows).toHaveLength(4);
    asked.at(-1)!.succeed();
    await turn();
    expect(told().slice(2)).toEqual([
      ['checkpoint', 16],
      ['row', 4],
      ['row', 8],
      ['row', 12],
      ['row', 16],
    ]);
  });

  it('on a notice: a fresh snapshot, awaited with what is in flight', async () => {
    const { saver, asked, told, at } = createFixture();
    at(1);
    await saver.interval();
    at(2);
    const interrupted = saver.interrupt();
    await turn();
    expect(asked.map((one) => one.at.reason)).toEqual(['interval', 'notice']);
    asked[0]!.succeed();
    await turn();
    asked[1]!.succeed();
    expect(await interrupted).toEqual({ step: 2, epoch: 0, batch: 2 });
    expect(told()).toEqual([
      ['checkpoint', 1],
      ['checkpoint', 2],
    ]);
  });

  it('on a notice at a position that is in flight, or durable, or where the segment began: nothing is saved twice', async () => {
    const { saver, asked, at } = createFixture();
    expect(await saver.interrupt()).toEqual({ step: 0, epoch: 0, batch: 0 });
    at(1);
    await saver.interval();
    const interrupted = saver.interrupt();
    asked[0]!.succeed();
    expect((await interrupted).step).toBe(1);
    expect((await saver.interrupt()).step).toBe(1);
    expect(asked).toHaveLength(1);
  });

  it('the same step before and after its evaluation are two positions', async () => {
    const { saver, asked, at } = createFixture();
    at(4, 1, 0);
    await saver.epoch(row(4, 1), false);
    asked[0]!.succeed();
    await turn();
    at(4, 0, 4);
    void saver.interrupt();
    await turn();
    expect(asked).toHaveLength(2);
  });

  it('an evaluation that has got further is another position, and tells how far', async () => {
    const position = { step: 4, epoch: 0, batch: 4, evaluated: 64 };
    const { saver, asked } = createFixture({ position: () => position });
    expect(await saver.interrupt()).toEqual(position);
    expect(asked).toEqual([]);
    position.evaluated = 128;
    const interrupted = saver.interrupt();
    await turn();
    asked[0]!.succeed();
    expect(await interrupted).toEqual({ step: 4, epoch: 0, batch: 4, evaluated: 128 });
    expect(asked[0]!.at).toMatchObject({ evaluated: 128, reason: 'notice' });
  });

  it('a notice that cannot be saved: the position that is durable', async () => {
    const { saver, asked, at } = createFixture();
    at(1);
    await saver.interval();
    asked[0]!.succeed();
    at(2);
    const interrupted = saver.interrupt();
    await turn();
    asked[1]!.fail('ENOSPC');
    expect(await interrupted).toEqual({ step: 1, epoch: 0, batch: 1 });
  });

  it('the final one is tried again, and is alive meanwhile', async () => {
    const { saver, asked, told, at } = createFixture();
    at(4, 1, 0);
    let alive = 0;
    const final = saver.final(row(4, 1), false, () => (alive += 1));
    await turn();
    asked[0]!.fail('ENOSPC');
    while (asked.length < 2) await turn();
    asked[1]!.succeed();
    expect(await final).toBe(null);
    expect(alive).toBe(1);
    expect(told()).toEqual([
      ['warning', null],
      ['checkpoint', 4],
      ['row', 4],
    ]);
  });

  it('the final one never succeeds: StorageError when patience ends', async () => {
    const { saver, asked, at } = createFixture({ patienceMilliseconds: 0 });
    at(4, 1, 0);
    const final = saver.final(row(4, 1), false, () => {});
    await turn();
    asked[0]!.fail('ENOSPC');
    await expect(final).rejects.toMatchObject({ type: 'StorageError', message: 'cannot write x: ENOSPC' });
  });

  it('a notice while the final one is tried again: the notice', async () => {
    const { saver, asked, at, give } = createFixture();
    at(4, 1, 0);
    const final = saver.final(row(4, 1), false, () => {});
    await turn();
    give({ cause: 'limit', deadline: null });
    asked[0]!.fail('ENOSPC');
    expect(await final).toEqual({ cause: 'limit', deadline: null });
  });

  it('without a store rows are reported at once and positions are those of the moment', async () => {
    const { saver, told, at } = createFixture({ store: null });
    at(4, 1, 0);
    await saver.epoch(row(4, 1), false);
    await saver.interval();
    at(5, 1, 1);
    expect(await saver.interrupt()).toEqual({ step: 5, epoch: 1, batch: 1 });
    expect(told()).toEqual([['row', 4]]);
  });
});
