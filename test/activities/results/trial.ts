import type { TrialEnded } from '../../../workflows/messages.ts';

export const trial = (number: number, changes: Partial<TrialEnded> = {}): TrialEnded => ({
  number,
  state: 'complete',
  hyperparameters: { lr: 0.5 },
  objective: 0.25,
  metrics: { loss: 0.25 },
  epoch: 20,
  step: 200,
  segments: 2,
  resumes: 1,
  interruptions: ['preemption'],
  reason: 'completed',
  ...changes,
});
