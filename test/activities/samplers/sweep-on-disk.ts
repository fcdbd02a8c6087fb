/** A sweep's directory as samplers that learn read it: trials.jsonl, and the trial.json of every number. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { sweepLayout } from '../../../activities/layout.ts';
import { appendTrials } from '../../../activities/results/record.ts';
import type { ResolvedSweep, SearchSpace } from '../../../activities/sweep-config/resolved-sweep.ts';
import type { Hyperparameters, TrialEnded } from '../../../workflows/messages.ts';
import { silentEnd } from '../../../workflows/sweep-state.ts';

export const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run-1' };

export const bayes = (space: SearchSpace, more: Partial<ResolvedSweep> = {}): ResolvedSweep => ({
  version: 1,
  identity,
  source: null,
  name: null,
  method: 'bayes',
  metric: { name: 'loss', goal: 'minimize', target: null, impute: 'worst', imputeWhileRunning: null },
  metrics: [],
  space,
  conditions: {},
  earlyTerminate: null,
  floats: [],
  size: null,
  program: null,
  command: [],
  directory: '/',
  temporal: {
    seed: 7,
    sampler: { name: 'auto' },
    concurrency: 1,
    slurm: {},
    launch: null,
    leadSeconds: 60,
    requeue: 'auto',
    lostLaunches: 5,
    stalledSegments: 5,
    heartbeatSeconds: 120,
    checkpointSeconds: 30,
    checkpointBytes: null,
    threads: 1,
  },
  ...more,
});

export const trialEnd = (number: number, hyperparameters: Hyperparameters, more: Partial<TrialEnded>): TrialEnded => ({
  ...silentEnd({ number, hyperparameters }, ''),
  state: 'complete',
  ...more,
});

/** A root of its own, gone after the tests. */
export function sweepsRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'learner-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

export function writeTrialFile(root: string, number: number, hyperparameters: Hyperparameters): void {
  const file = sweepLayout(root, identity.sweepId).trial(number).trial;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ number, hyperparameters }));
}

/** @returns the new offset. */
export function append(root: string, offset: number, trials: readonly TrialEnded[]): Promise<number> {
  mkdirSync(join(root, identity.sweepId), { recursive: true });
  return appendTrials(sweepLayout(root, identity.sweepId).trials, offset, trials);
}
