import { expect, test } from 'vitest';
import { createSequence } from '../../trainer/sequence.ts';

const batch = (step: number, batches = 0) => ({ step, epoch: Math.floor(step / 2), batch: step % 2, batches });

test('the row of an epoch comes next after its last batch, where the batches are known', () => {
  const sequence = createSequence();
  expect(sequence.step(batch(0, 2))).toEqual({ rowIsNext: false });
  expect(sequence.step(batch(1, 2))).toEqual({ rowIsNext: true });
  expect(sequence.row({ epoch: 0, step: 1 })).toEqual({ step: 2, epoch: 1 });
  expect(sequence.position()).toEqual({ step: 2, epoch: 1, batch: 0, rows: 1 });
  expect(sequence.step(batch(2))).toEqual({ rowIsNext: false });
});

test('a script without rows is not held up by them', () => {
  const sequence = createSequence();
  for (const step of [0, 1, 2]) sequence.step(batch(step, 2));
  expect(sequence.step(batch(3, 2))).toEqual({ rowIsNext: false });
});

test('a row may name the last batch or the number of batches', () => {
  for (const step of [1, 2]) {
    const sequence = createSequence();
    for (const trained of [0, 1]) sequence.step(batch(trained));
    expect(sequence.row({ epoch: 0, step })).toEqual({ step: 2, epoch: 1 });
  }
});

test('a batch left out or trained twice', () => {
  const sequence = createSequence();
  expect(() => sequence.step(batch(1))).toThrow('step({ step: 1 }), expected 0');
  sequence.step(batch(0));
  expect(() => sequence.step(batch(0))).toThrow('expected 1');
});

test('a row left out, repeated, or of another step', () => {
  const sequence = createSequence();
  expect(() => sequence.row({ epoch: 0, step: 0 })).toThrow('after 0 batches');
  // As in a loop over steps that was cut behind the last batch of an epoch, its row unwritten.
  sequence.begin({ step: 2, epoch: 0, batch: 2, rows: 0 });
  for (const step of [2, 3]) sequence.step(batch(step));
  expect(() => sequence.row({ epoch: 1, step: 3 })).toThrow('the row of epoch 0 is missing. Give step() the number');
  expect(() => sequence.row({ epoch: 0, step: 1 })).toThrow('after 4 batches');
  sequence.row({ epoch: 0, step: 3 });
  expect(() => sequence.row({ epoch: 0, step: 3 })).toThrow('has a row already');
});

test('an end without the last row is told, a short last epoch is not', () => {
  const sequence = createSequence();
  for (const step of [0, 1]) sequence.step(batch(step));
  sequence.row({ epoch: 0, step: 1 });
  sequence.step(batch(2));
  expect(() => sequence.finish()).not.toThrow();
  sequence.step(batch(3));
  expect(() => sequence.finish()).toThrow('the row of epoch 1 is missing');
});
