import { describe, expect, it } from 'vitest';
import { summary, unmet } from '../../../workers/quickstart/summary.ts';
import { ended } from './views.ts';

const places = { directory: 'a dir', root: 'a dir/sweeps', sweep: 'a dir/sweeps/q', sweepId: 'q', port: 18_000 };

describe('the summary', () => {
  const trials = [
    ended(2, { objective: 0.25, resumes: 2, interruptions: ['preemption', 'lost'] }),
    ended(1, { objective: null, state: 'failed' }),
    ended(3, { objective: 0.75, interruptions: ['limit'] }),
  ];
  const text = summary(
    trials,
    [
      { trial: 2, cause: 'preemption', seconds: 1.234, batches: 0 },
      { trial: 2, cause: 'lost', seconds: NaN, batches: 17 },
    ],
    places,
  );

  it('names the best trial and its hyperparameters', () => {
    expect(text).toContain('Best: trial 2, loss 0.25, lr_max=0.01');
    expect(summary([], [], places)).toContain('No trial has a loss.');
  });
  it('lists every trial in order, and each cost', () => {
    const lines = text.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines).toContainEqual(['1', 'failed', '100', '-', '0', '-']);
    expect(lines).toContainEqual(['2', 'complete', '100', '0.25', '2', 'preemption, agent killed']);
    expect(lines).toContainEqual(['2', 'preemption', '1.2', '0']);
    expect(lines).toContainEqual(['2', 'agent killed', '-', '17']);
  });
  it('gives a command that a shell takes as it stands', () => {
    expect(text).toContain("npx temporal-sweep dev --directory 'a dir' --root 'a dir/sweeps' --port 18000");
    expect(text).toContain('http://127.0.0.1:19000/namespaces/default/workflows/q');
    expect(summary([], [], { ...places, directory: '.t/q' })).toContain('--directory .t/q --root');
  });
  it('tells which promised interruption no trial has met', () => {
    expect(unmet(trials)).toEqual([]);
    expect(unmet(trials.slice(2))).toEqual(['preemption', 'agent killed']);
  });
});
