/** Trainers that fail, each in its own way: the trial fails with a reason, the sweep completes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture, trialsOf } from './support/ends.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { liveJobs, startSweep, sweepStatus, trialStatus, writeSweep } from './support/sweep.ts';

let stack: TestStack;
beforeAll(async () => void (stack = await startTestStack({ scheduler: 'slurm' })));
afterAll(() => stack.stop());

/** Runs a sweep of one trial without a second try of its trainer. */
async function runTrial(id: string, program: string, parameters: Record<string, unknown>, retries = 0) {
  const file = await writeSweep(stack, id, {
    trials: 1,
    program: fixture(program),
    keys: { parameters },
    temporal: { retries: { trainer: retries } },
  });
  await startSweep(stack, id, file);
  const [trial, ...others] = await trialsOf(stack, id);
  expect(others).toEqual([]);
  expect((await sweepStatus(stack, id)).state).toBe('complete');
  return trial!;
}

const misbehaves = (does: string, retries = 0) => runTrial(does, 'misbehaves.mjs', { does: { value: does } }, retries);

test('a trainer that exits 0 without finishing has failed', async () => {
  const trial = await misbehaves('leaves');
  expect(trial).toMatchObject({ state: 'failed', objective: null, segments: 1, interruptions: ['TrainerDied'] });
  expect(trial.reason).toContain('exited with code 0 without reporting an outcome');
  expect(trial.reason).toContain('does the script call defineTrial');
  expect(trial.reason).toContain('misbehaves.mjs');
});

test('a program that throws has failed; its words are in the logs', async () => {
  const trial = await misbehaves('throws');
  expect(trial).toMatchObject({ state: 'failed', interruptions: ['TrainerDied'] });
  expect(trial.reason).toContain('exited with code 1');
  const logs = await stack.cli('logs', 'throws', '1');
  expect(logs.stdout).toContain('the data set is cursed');
});

test("a script whose own code throws has failed with the error's message, and is tried again as often as asked", async () => {
  const trial = await runTrial('throwing', 'throwing.ts', { lr: { value: 0.1 } }, 1);
  expect(trial).toMatchObject({ state: 'failed', segments: 2, interruptions: ['TrainerError', 'TrainerError'] });
  expect(trial.reason).toContain('the data set is cursed');
});

test('garbage on the protocol descriptor ends the trainer at once and is quoted', async () => {
  const trial = await misbehaves('garbles');
  expect(trial).toMatchObject({ state: 'failed', interruptions: ['ProtocolError'] });
  expect(trial.reason).toContain('epoch 1: loss 0.5');
  expect(trial.reason).toContain('write logs to stdout');
});

test('garbage on stdout is harmless', async () => {
  const trial = await misbehaves('chatters');
  expect(trial).toMatchObject({ state: 'complete', objective: 1, reason: '' });
});

test('a command that does not exist fails the trial once, with its name', async () => {
  const file = await writeSweep(stack, 'commandless', {
    trials: 1,
    keys: { program: undefined, command: ['no-such-interpreter', '${args}'] },
    temporal: { retries: { trainer: 3 } },
  });
  await startSweep(stack, 'commandless', file);
  const [trial] = await trialsOf(stack, 'commandless');
  expect(trial).toMatchObject({ state: 'failed', segments: 1, interruptions: ['ProgramMissing'] });
  expect(trial!.reason).toContain('no-such-interpreter');
});

test('a failed trial is a failed workflow with the same reason, and nothing of it is left in SLURM', async () => {
  const failure = await stack.client.workflow
    .getHandle('leaves/1')
    .result()
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({
    cause: { type: 'TrainerDied', message: expect.stringContaining('exited with code 0') },
  });
  expect((await trialStatus(stack, 'leaves', 1)).state).toBe('failed');
  expect(await liveJobs(stack)).toEqual([]);
});
