import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../../workers/package-root.ts';
import { readSpeed } from '../../../workers/quickstart/measure.ts';
import { cutSweep, epochsFor, planFor } from '../../../workers/quickstart/plan.ts';

const example = readFileSync(join(packageRoot(), 'examples/mnist/sweep.yaml'), 'utf8');

describe('the cut sweep', () => {
  it('keeps the comments and whatever is not cut', () => {
    const text = cutSweep(example, '/x/train.ts', planFor('slurm', 'low', 90));
    expect(text).toContain(example.split('\n')[0]);
    const before = parse(example) as Record<string, unknown>;
    const after = parse(text) as Record<string, unknown>;
    expect(after).toEqual({
      ...before,
      program: '/x/train.ts',
      run_cap: 6,
      parameters: { ...(before['parameters'] as object), epochs: { value: 90 } },
      temporal: {
        ...(before['temporal'] as object),
        concurrency: 4,
        lead_time: 10,
        heartbeat_timeout: 20,
        slurm: { partition: 'low', time: '00:01:00', 'cpus-per-task': 1 },
      },
    });
  });
  it('gives SLURM a minute, the least it can tell', () => {
    expect(planFor('slurm', 'low', 1).time).toBe('00:01:00');
    expect(planFor('local', 'low', 1).time).toBe('00:00:40');
  });
});

describe('epochs', () => {
  it('fill the time that each of the first trials should take, whatever the machine', () => {
    expect(epochsFor(0.2, 2)).toBe(150);
    expect(epochsFor(0.2, 8)).toBe(300);
  });
  it('are a whole number within bounds', () => {
    const speeds = fc.double({ min: 0.001, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(speeds, fc.integer({ min: 0, max: 256 }), (seconds, cores) => {
        const epochs = epochsFor(seconds, cores);
        expect(Number.isInteger(epochs) && epochs >= 8 && epochs <= 1_000).toBe(true);
      }),
    );
  });
});

describe('the speed', () => {
  const said = [
    'backend tensorflow, 8000 examples, 32 batches per epoch',
    'epoch 1/3  loss 2.3  val_loss 2.2  lr 0.04  0.9 s',
    'epoch 2/3  loss 2.2  val_loss 2.1  lr 0.02  0.2 s',
    'epoch 3/3  loss 2.1  val_loss 2.0  lr 3.1e-7  0.4 s',
  ];
  it('is the mean of the epochs after the first', () => {
    const { secondsPerEpoch, backend } = readSpeed(said.join('\n'));
    expect(secondsPerEpoch).toBeCloseTo(0.3);
    expect(backend).toBe(said[0]);
  });
  it('is never nothing, and needs two epochs', () => {
    expect(readSpeed('epoch 1/2  0.0 s\nepoch 2/2  a 1  0.0 s').secondsPerEpoch).toBeGreaterThan(0);
    expect(() => readSpeed(said.slice(0, 2).join('\n'))).toThrow('told of no epochs');
  });
});
