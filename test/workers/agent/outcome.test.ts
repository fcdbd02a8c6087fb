import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../../../workers/agent/train.ts';

const job = { metric: 'loss', command: ['node', 'train.ts'] };
const durable = { step: 64, epoch: 2, batch: 0 };
const completed = (metrics: Record<string, number | 'NaN'>) =>
  outcomeOf({ kind: 'outcome', outcome: { status: 'completed', step: 96, epoch: 3, metrics } }, job, null, durable);

describe('a trainer that says it has completed', () => {
  test('gives the objective of its last row', () => {
    expect(completed({ loss: 0.25, accuracy: 0.9 })).toMatchObject({
      status: 'completed',
      objective: 0.25,
      note: '',
      epoch: 3,
      step: 96,
    });
  });

  test('without the metric, or with NaN, has none, and a note says why', () => {
    expect(completed({ accuracy: 0.9 })).toMatchObject({
      objective: null,
      note: 'metric loss was never reported; reported: accuracy',
    });
    expect(completed({ loss: 'NaN' })).toMatchObject({ objective: null, note: 'metric loss is NaN' });
  });
});

describe('a trainer that ends without a word', () => {
  test('has failed, whatever its exit code', () => {
    const clean = outcomeOf({ kind: 'died', code: 0, signal: null, spoke: true }, job, null, durable);
    expect(clean).toMatchObject({
      status: 'failed',
      type: 'TrainerDied',
      message: expect.stringContaining('exited with code 0 without reporting an outcome'),
    });
    const silent = outcomeOf({ kind: 'died', code: 1, signal: null, spoke: false }, job, null, durable);
    expect(silent).toMatchObject({ message: expect.stringContaining('never spoke the protocol') });
    const killed = outcomeOf({ kind: 'died', code: null, signal: 'SIGKILL', spoke: true }, job, null, durable);
    expect(killed).toMatchObject({ message: expect.stringContaining('was killed by SIGKILL (out of memory?') });
  });

  test('while a notice is there, was interrupted at its last durable checkpoint', () => {
    const end = { kind: 'died', code: 143, signal: null, spoke: true } as const;
    expect(outcomeOf(end, job, 'preemption', durable)).toEqual({
      status: 'interrupted',
      cause: 'preemption',
      ...durable,
    });
  });
});

test('a program that is not there and lines that are not the protocol are told apart', () => {
  expect(outcomeOf({ kind: 'missing', message: 'train: ENOENT' }, job, null, durable)).toMatchObject({
    type: 'ProgramMissing',
  });
  expect(outcomeOf({ kind: 'garbage', message: 'hello' }, job, null, durable)).toMatchObject({
    type: 'ProtocolError',
    message: expect.stringContaining('hello'),
  });
});
