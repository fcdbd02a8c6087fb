/** The end of a trial as the activity brings it about: views, the budget of checkpoints, the word to the sweep. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sweepLayout } from '../../activities/layout.ts';
import { writeVerified } from '../../activities/results/verified.ts';
import { claimDirectory } from '../../activities/results/owner.ts';
import { appendTrials } from '../../activities/results/record.ts';
import type { Scheduler } from '../../activities/scheduler/port.ts';
import { openCheckpointWriter } from '../../trainer/checkpoint-writer.ts';
import { encodeSafeTensors } from '../../trainer/safetensors.ts';
import { createSlurmActivities } from '../../workers/slurm-activities.ts';
import type { Identity, TrialEnded } from '../../workflows/messages.ts';

const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run' };
const refuse = (): never => {
  throw new Error('not to be asked');
};
/** Knows no job. */
const scheduler: Scheduler = {
  ...{
    kind: 'local',
    observe: () => () => {},
    past: refuse,
    submit: refuse,
    requeue: refuse,
    release: refuse,
    cancel: refuse,
    unhold: refuse,
    nodeAnswers: refuse,
  },
  list: async () => ({ kind: 'answer', value: [] }),
  byName: async () => ({ kind: 'answer', value: [] }),
  show: async () => ({ kind: 'answer', value: null }),
};
const endOf = (number: number, objective: number): TrialEnded => ({
  ...{ number, objective, state: 'complete', hyperparameters: {}, metrics: { loss: objective }, epoch: 1, step: 1 },
  ...{ segments: 1, resumes: 0, interruptions: [], reason: '' },
});

let root: string;
let layout: ReturnType<typeof sweepLayout>;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'close-'));
  layout = sweepLayout(root, identity.sweepId);
  await claimDirectory(root, identity);
  for (const number of [1, 2]) {
    for (const file of [join(layout.trial(number).segment(1).checkpoints, 'a'), layout.trial(number).trial]) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify({ number, hyperparameters: {}, seed: 0, environment: {} }).padEnd(1_000));
    }
  }
  await appendTrials(layout.trials, 0, [endOf(1, 0.5)]);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function close(checkpointBytes: unknown): Promise<TrialEnded[]> {
  writeFileSync(layout.resolved, JSON.stringify({ temporal: { checkpointBytes }, metric: { goal: 'minimize' } }));
  const told: TrialEnded[] = [];
  const temporal = {
    trialEnded: async (of: Identity, ended: TrialEnded) => {
      expect(of).toEqual(identity);
      told.push(ended);
    },
  };
  const { closeTrial } = createSlurmActivities({ root, scheduler, temporal, clockMarginMs: 0 });
  const input = { identity, number: 2, submission: 1, jobId: null, leaving: false, over: true, segment: 1 };
  await new MockActivityEnvironment().run(closeTrial, { ...input, ended: endOf(2, 0.1) });
  return told;
}

/** Its files are no checkpoints. */
const told = { ...endOf(2, 0.1), verified: 'not verified' };

const kept = (): boolean[] => [1, 2].map((number) => existsSync(layout.trial(number).segment(1).checkpoints));

test('beyond the budget the worse of two trials loses its checkpoints, the one just ended counts too', async () => {
  expect(await close(1_500)).toEqual([told]);
  expect(kept()).toEqual([false, true]);
});

test('without a budget all stay', async () => {
  expect(await close(null)).toEqual([told]);
  expect(kept()).toEqual([true, true]);
});

test('what cannot be tidied keeps no trial from being closed', async () => {
  writeFileSync(layout.trials, 'torn\n');
  expect(await close(0)).toEqual([told]);
  expect(kept()).toEqual([true, true]);
});

test('a stray job is tried again until SLURM has heard of its cancel (P1)', async () => {
  const answers = [{ kind: 'unknown', message: 'Socket timed out' } as const, { kind: 'done' } as const];
  const asked = { ...scheduler, cancel: async () => answers.shift()! };
  const { cancelStray } = createSlurmActivities({
    ...{ root, scheduler: asked, clockMarginMs: 0 },
    temporal: { trialEnded: async () => {} },
  });
  await expect(cancelStray({ jobId: '7', reason: 'a second one' })).rejects.toThrow('Socket timed out');
  await cancelStray({ jobId: '7', reason: 'a second one' });
  expect(answers).toEqual([]);
});

describe('what verify found for the script', () => {
  const environment = { program: 'ab', package: '1' };
  const record = { version: 1, verdict: 'exact', interruptions: 7, difference: null, program: 'train.ts' } as const;
  beforeEach(async () => {
    await writeVerified(root, { ...record, arguments: [], strikeSeed: 1, environment, endedAt: 0 });
  });
  const trainedUnder = async (state: object): Promise<string | undefined> => {
    const segment = layout.trial(2).segment(1).directory;
    rmSync(join(segment, 'checkpoints'), { recursive: true });
    const content = encodeSafeTensors({ tensors: new Map(), metadata: { state: JSON.stringify(state) } });
    openCheckpointWriter(segment).save(content, {
      at: { step: 1, epoch: 1, batch: 0, reason: 'final' },
      best: false,
      rows: [],
    });
    return (await close(null))[0]?.verified;
  };

  test('stands in the record of a trial that ran under just that', async () => {
    expect(await trainedUnder({ environment })).toBe('exact (7 interruptions, 1970-01-01)');
  });

  test('an edited script, or one that was edited meanwhile, is not verified', async () => {
    expect(await trainedUnder({ environment: { ...environment, program: 'cd' } })).toBe('not verified');
    expect(await trainedUnder({ environment, environmentChanges: 1 })).toBe('not verified');
  });
});
