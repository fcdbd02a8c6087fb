/** Views of a sweep as the quickstart meets them. */
import type { LiveTrial, SweepView } from '../../../workers/cli/view.ts';
import type { TrialEnded, TrialRow } from '../../../workflows/messages.ts';

export const live = (number: number, more: Partial<LiveTrial> = {}): LiveTrial => ({
  ...{ sweepId: 's', number, state: 'running', hyperparameters: {}, submission: 1, jobId: `${10 + number}` },
  ...{ restartCount: 0, node: 'n1', segments: 1, resumes: 0, position: null, objective: null, interruptions: [] },
  ...{ activity: '', heartbeat: null },
  ...more,
});

export const beat = (epoch: number, step = epoch * 32): NonNullable<LiveTrial['heartbeat']> => ({
  ...{ step, epoch, batch: step - epoch * 32, batches: 32, loss: 1, jobId: '11', restartCount: 0, node: 'n1' },
});

export const view = (trials: readonly LiveTrial[], leaders: readonly TrialRow[] = []): SweepView => ({
  status: {
    ...{
      sweepId: 's',
      state: 'running',
      method: 'random',
      metric: { name: 'loss', goal: 'minimize' },
      directory: '/s',
    },
    ...{ concurrency: 4, size: 6, started: trials.length, resumes: 0, best: null, notes: [] },
    counts: { running: trials.length, complete: leaders.length, pruned: 0, failed: 0, cancelled: 0 },
  },
  live: trials,
  calls: null,
  leaders,
});

export const row = (number: number, resumes: number): TrialRow => ({
  ...{ number, state: 'complete', hyperparameters: {}, jobId: null, epoch: 100, objective: 0.1, resumes, reason: '' },
});

export const ended = (number: number, more: Partial<TrialEnded> = {}): TrialEnded => ({
  ...{ number, state: 'complete', hyperparameters: { lr_max: 0.01 }, objective: 0.5, metrics: {}, epoch: 100 },
  ...{ step: 3_200, segments: 1, resumes: 0, interruptions: [], reason: '' },
  ...more,
});
