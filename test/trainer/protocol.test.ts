/** The trainer's manners: what it may do before the grant, how it leaves, how it fails. On whatever backend is there. */
import { mergeRows } from '../../trainer/rows.ts';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import type { TrialFile } from '../../trainer/protocol.ts';
import { createTrial, openSegment, runSegment, startTrainer, type TestTrial } from './support/fake-agent.ts';

// Processes are started, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

describe('trainer under an agent', () => {
  it('P3: writes and reports nothing before the grant; a notice given before it ends the segment where it begins', async () => {
    const trial = createTrial({ optimizer: 'sgd' });
    const trainer = startTrainer(trial);
    const ready = await trainer.message('ready');
    expect(ready).toMatchObject({ protocol: 1, environment: { tfjs: '4.22.0', package: '0.1.0' } });
    trainer.child.kill('SIGUSR1');
    await new Promise((done) => setTimeout(done, 100));
    expect(trainer.messages).toHaveLength(1);
    expect(readdirSync(trial.directory).toSorted()).toEqual(['segments', 'trial.json']);
    expect(readdirSync(trial.segments)).toEqual([]);
    trainer.send((await openSegment(trial)).grant);
    const outcome = await trainer.message('outcome');
    expect(outcome.outcome).toEqual({ status: 'interrupted', cause: 'limit', step: 0, epoch: 0, batch: 0 });
    expect(await trainer.exited).toEqual({ code: 85, signal: null });
    expect(trainer.output()).not.toMatch(/Debugger listening/);
  });

  it('the agent dies before the grant: leaves, without a word or a file', async () => {
    const trial = createTrial({ optimizer: 'sgd' });
    const trainer = startTrainer(trial);
    await trainer.message('ready');
    trainer.hangUp();
    expect(await trainer.exited).toEqual({ code: 85, signal: null });
    expect(readdirSync(trial.segments)).toEqual([]);
  });

  it('the agent dies after the grant: checkpoints, then leaves; the next segment goes on from there', async () => {
    const trial = createTrial({ optimizer: 'sgd' });
    const cut = await runSegment(trial, { at: 4, by: 'hang up' });
    expect(cut).toMatchObject({ code: 85, outcome: null });
    const next = await runSegment(trial, { at: 5, by: 'notice', cause: 'stop' });
    expect(next.resume).toMatchObject({ segment: 1, step: 4 });
    expect(next.outcome).toMatchObject({ status: 'interrupted', cause: 'stop', step: 5 });
  });

  it('a time limit that leaves time: a durable checkpoint at once, then on to the end of the trial', async () => {
    const trial = createTrial({ optimizer: 'sgd' });
    const deadline = Date.now() + 3_600_000;
    const { outcome, messages } = await runSegment(trial, { at: 4, by: 'notice', cause: 'limit', deadline });
    const saved = messages.flatMap((message) =>
      message.type === 'checkpoint' ? [[message.reason, message.step]] : [],
    );
    expect(saved[0]).toEqual(['notice', 4]);
    expect(saved.at(-1)).toEqual(['final', 18]);
    expect(outcome).toMatchObject({ status: 'completed', step: 18 });
  });

  it('a time limit that leaves none: leaves at the next batch, and a preemption after one that did as well', async () => {
    const trial = createTrial({ optimizer: 'sgd' });
    const late = await runSegment(trial, { at: 4, by: 'notice', cause: 'limit', deadline: Date.now() });
    expect(late.outcome).toEqual({ status: 'interrupted', cause: 'limit', step: 4, epoch: 0, batch: 4 });
    const deadline = Date.now() + 3_600_000;
    const preempted = await runSegment(trial, { at: 8, by: 'notice', cause: 'limit', deadline, next: 'preemption' });
    expect(preempted.outcome).toMatchObject({ status: 'interrupted', cause: 'preemption', step: 8 });
  });

  it('rows come after their checkpoint, one outcome comes last, and a finished trial is finished again at once', async () => {
    const trial = createTrial({ optimizer: 'sgd', epochs: 1 });
    const first = await runSegment(trial, null);
    expect(first.messages.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual([
      'ready',
      'started',
      'checkpoint',
      'row',
      'outcome',
    ]);
    expect(first.outcome).toMatchObject({
      status: 'completed',
      step: 6,
      epoch: 1,
      metrics: { lr: expect.any(Number) as number },
    });
    const again = await runSegment(trial, null);
    expect(again.outcome).toEqual(first.outcome);
    expect(again.messages.map(({ type }) => type)).toEqual(['ready', 'started', 'outcome']);
  });

  it('user code that throws, and an optimizer that cannot be restored exactly: TrainerError with its words', async () => {
    const unknown = await failing(createTrial({ optimizer: 'none' }));
    expect(unknown).toMatchObject({ code: 1, outcome: { type: 'TrainerError' } });
    expect(unknown.outcome.message).toMatch(/TypeError: .*not a function\n\s+at .*fixtures\/trial\.ts/);
    const adadelta = await failing(createTrial({ optimizer: 'adadelta' }));
    expect(adadelta.outcome.message).toMatch(/^Adadelta cannot be used: .* Use tf\.train\.sgd, momentum/);
    const stranger = await failing(createTrial({ lr: 1 }));
    expect(stranger.outcome.message).toMatch(
      /unknown hyperparameter "lr": the script has optimizer \(string\), epochs/,
    );
  });

  it('a checkpoint of another trial: UnusableCheckpoint that names the difference', async () => {
    const trial = createTrial({ optimizer: 'sgd', epochs: 1 });
    await runSegment(trial, { at: 2, by: 'notice' });
    const file = JSON.parse(readFileSync(trial.trialFile, 'utf8')) as TrialFile;
    writeFileSync(trial.trialFile, JSON.stringify({ ...file, seed: 8 }));
    const { outcome, code } = await runSegment(trial, null);
    expect(code).toBe(1);
    expect(outcome).toEqual({
      status: 'failed',
      type: 'UnusableCheckpoint',
      message: 'unusable checkpoint: it was made with seed 7, now it is 8: use another directory',
    });
  });

  it('other threads: the resume works, and says so', async () => {
    const trial = createTrial({ optimizer: 'sgd', epochs: 1 });
    await runSegment(trial, { at: 2, by: 'notice' }, { TF_NUM_INTRAOP_THREADS: '1' });
    const { messages, outcome } = await runSegment(trial, null, { TF_NUM_INTRAOP_THREADS: '2' });
    const started = messages.find((message) => message.type === 'started');
    const isNative = messages.some(
      (message) => message.type === 'ready' && message.environment['backend'] === 'tensorflow',
    );
    if (isNative) {
      expect(started?.warnings).toEqual([expect.stringMatching(/resumed under intraOp 2, .* made under 1/)]);
      expect(mergeRows(trial.segments, trial.newest)).toMatchObject([{ epoch: 1, environmentChanges: 1 }]);
    }
    expect(outcome).toMatchObject({ status: 'completed' });
  });

  it('a directory that vanishes: StorageError with its path', async () => {
    const trial = createTrial({ optimizer: 'sgd' });
    const trainer = startTrainer(trial);
    await trainer.message('ready');
    const { grant } = await openSegment(trial);
    rmSync(grant.directory, { recursive: true });
    writeFileSync(grant.directory, 'not a directory');
    trainer.send(grant);
    const { outcome } = await trainer.message('outcome');
    expect(outcome).toMatchObject({ status: 'failed', type: 'StorageError' });
    expect(outcome).toMatchObject({ message: expect.stringContaining(grant.directory) as string });
    expect((await trainer.exited).code).toBe(1);
  });

  it('an agent that speaks no JSON is a lost agent', async () => {
    const trainer = startTrainer(createTrial({ optimizer: 'sgd' }));
    await trainer.message('ready');
    trainer.sendRaw('garbage\n');
    expect(await trainer.exited).toEqual({ code: 85, signal: null });
  });
});

async function failing(trial: TestTrial) {
  const trainer = startTrainer(trial);
  const { outcome } = await trainer.message('outcome');
  if (outcome.status !== 'failed') throw new Error(`expected a failure, got ${outcome.status}`);
  return { outcome, code: (await trainer.exited).code };
}
