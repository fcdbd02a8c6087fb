import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConsoleReport } from '../../trainer/console-report.ts';
import { renderProgress } from '../../trainer/progress-bar.ts';

const CLEAR = '\r\u001b[K';
const trial = {
  environment: { backend: 'tensorflow', libtensorflow: '2.21.0' },
  epochs: 2,
  examples: 1000,
  batches: 10,
  batchSize: 100,
  hyperparameters: { rate: 0.5, name: 'a' },
};
const row = (epoch: number) =>
  ({ type: 'row', step: epoch * 10, epoch, metrics: { loss: 0.00012345, val_loss: 1.5, lr: 0 } }) as const;
const batch = (done: number, epoch = 0) =>
  ({ type: 'progress', step: done, epoch, batch: done, batches: 10, metrics: { loss: 0.25, lr: 0.1 } }) as const;

function start(terminal: { isTTY?: boolean; columns?: number }) {
  let [text, now] = ['', 0];
  const output = { ...terminal, write: (piece: string) => (text += piece) };
  const console = createConsoleReport(trial, output, () => now);
  return {
    ...console,
    after: (milliseconds: number) => (now += milliseconds),
    take: () => {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

const started = (step: number) => ({ type: 'started' as const, step, epoch: 1, batch: 3, warnings: [] });

describe('without a terminal', () => {
  it('plain lines: the beginning, one per epoch', () => {
    const { report, end, after, take } = start({});
    report(started(13));
    expect(take()).toBe(
      'backend tensorflow (libtensorflow 2.21.0), 1000 examples, 10 batches per epoch\nrate=0.5 name="a"\n' +
        'resumed after step 13: epoch 2, batch 3\n',
    );
    report(batch(4, 1));
    after(1500);
    report(batch(9, 1));
    report(row(2));
    end();
    expect(take()).toBe('epoch 2/2  loss 1.234e-4  val_loss 1.5000  lr 0.0000  1.5 s\n');
  });
});

describe('on a terminal', () => {
  it('one line in motion, with rate and remaining time, taken away before the line of the epoch', () => {
    const { report, end, after, take } = start({ isTTY: true, columns: 120 });
    report(started(0));
    take();
    report(batch(1));
    expect(take()).toBe(`\repoch 1/2  [===                           ]  1/10  10 %  loss 0.2500  lr 0.1000\u001b[K`);
    after(2000);
    report(batch(5));
    expect(take()).toBe(
      `\repoch 1/2  [===============               ]  5/10  50 %  loss 0.2500  lr 0.1000  200 examples/s  0:03 left\u001b[K`,
    );
    report(batch(6));
    expect(take()).toBe('');
    after(200);
    report(batch(10));
    expect(take()).toBe(`\repoch 1/2  [${'='.repeat(30)}]  10/10  100 %  evaluating\u001b[K`);
    report(row(1));
    expect(take()).toBe(`${CLEAR}epoch 1/2  loss 1.234e-4  val_loss 1.5000  lr 0.0000  2.2 s\n`);
    end();
    expect(take()).toBe('');
    report(batch(1, 1));
    take();
    end();
    expect(take()).toBe(CLEAR);
  });

  it('never a line longer than the terminal, whatever it shows', () => {
    const name = fc.string({ maxLength: 20 });
    const values = fc.dictionary(name, fc.double());
    const maybe = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }));
    const numbers = fc.tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.integer({ min: 1, max: 1e6 }), fc.nat(300));
    fc.assert(
      fc.property(numbers, values, maybe, maybe, ([epoch, epochs, done, batches, columns], shown, rate, left) => {
        const progress = { epoch, epochs, batch: done, batches, values: shown, rate, secondsLeft: left };
        const line = renderProgress(progress, columns);
        expect(line.length).toBeLessThanOrEqual(columns);
        expect(line.startsWith(`epoch ${epoch}/${epochs}`.slice(0, columns))).toBe(true);
      }),
    );
  });
});
