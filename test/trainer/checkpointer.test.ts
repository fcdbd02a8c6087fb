/** P5 for a script with its own loop, through the real protocol: cut anywhere, by anything, it ends in the same bytes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Hyperparameters } from '../../trainer/protocol.ts';
import { checkpointsDirectory, readCheckpointList } from '../../trainer/checkpoint-list.ts';
import { eventFile } from '../../trainer/tensorboard/event-file.ts';
import { readRecords } from '../../trainer/tensorboard/records.ts';
import { mergeRows } from '../../trainer/rows.ts';
import {
  createTrial,
  type Cut,
  finalCheckpoint,
  hasNativeBackend,
  openSegment,
  runSegment,
  startTrainer,
} from './support/fake-agent.ts';

// Processes are started, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const SCRIPT = resolve(import.meta.dirname, 'fixtures/own-loop.ts');
/** Every checkpoint that may be made is made. */
const OFTEN = { TEMPORAL_SWEEP_CHECKPOINT_SECONDS: '0' };

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

async function run(hyperparameters: Hyperparameters, cuts: readonly Cut[], env: Record<string, string> = {}) {
  const trial = createTrial(hyperparameters);
  const segments = [];
  for (const cut of cuts) segments.push(await runSegment(trial, cut, env, SCRIPT));
  const last = await runSegment(trial, null, env, SCRIPT);
  expect(last.outcome, last.output).toMatchObject({ status: 'completed', step: 15, epoch: 3 });
  expect(last.code).toBe(0);
  const rows = mergeRows(trial.segments, trial.newest);
  return { trial, segments, last, rows, checkpoint: await finalCheckpoint(trial) };
}

if (!hasNativeBackend) console.warn('NOT TESTED on libtensorflow: its addon is not built (npm test builds it)');

describe.runIf(hasNativeBackend)('a loop of its own on libtensorflow', () => {
  it('over steps: notices and kills change neither weights nor rows', async () => {
    const straight = await run({ loop: 'flat' }, []);
    expect(straight.rows.map(({ epoch, step }) => [epoch, step])).toEqual([[1, 5], [2, 10], [3, 15]]); // prettier-ignore
    expect((straight.last.outcome as { metrics: unknown }).metrics).toEqual(straight.rows.at(-1)!.metrics);

    // The third and the last are heard behind the last batch of an epoch: the row comes first.
    const noticed = await run({ loop: 'flat' }, [
      { at: 1, by: 'notice' },
      { at: 4, by: 'SIGTERM' },
      { at: 5, by: 'SIGUSR1' },
      { at: 6, by: 'hang up' },
      { at: 10, by: 'SIGTERM' },
    ]);
    expect(noticed.segments.map(({ outcome }) => outcome)).toMatchObject([
      { status: 'interrupted', cause: 'pause', step: 1, epoch: 0, batch: 1 },
      { status: 'interrupted', cause: 'preemption', step: 4, epoch: 0, batch: 4 },
      { status: 'interrupted', cause: 'limit', step: 5, epoch: 1, batch: 0 },
      null, // nobody was there to hear it
      { status: 'interrupted', cause: 'preemption', step: 10, epoch: 2, batch: 0 },
    ]);
    expect(noticed.segments.map(({ code }) => code)).toEqual([85, 85, 85, 85, 85]);
    expect(noticed.rows).toEqual(straight.rows);
    expect(noticed.checkpoint.equals(straight.checkpoint)).toBe(true);

    const kills = [2, 5, 8, 15].map((at): Cut => ({ at, by: 'SIGKILL' }));
    const killed = await run({ loop: 'flat' }, kills, OFTEN);
    expect(killed.segments.map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL']);
    // A thread writes: which of the last batches is durable at a kill is its own affair; the newest that is listed counts.
    const { segment, step } = killed.last.resume!;
    const listed = readCheckpointList(checkpointsDirectory(join(killed.trial.segments, String(segment)))).checkpoints;
    expect([segment, step]).toEqual([4, listed[0]!.step]);
    expect(killed.rows).toEqual(straight.rows);
    expect(killed.checkpoint.equals(straight.checkpoint)).toBe(true);
  });

  it('in nested loops: leaves between the last batch and its row, too', async () => {
    const straight = await run({ loop: 'nested' }, []);
    const cut = await run({ loop: 'nested' }, [
      { at: 3, by: 'SIGKILL' },
      { at: 5, by: 'SIGTERM' },
      { at: 12, by: 'SIGKILL' },
      { at: 15, by: 'notice' },
    ]);
    expect(cut.segments[1]!.outcome).toMatchObject({ status: 'interrupted', step: 5, epoch: 0, batch: 5 });
    expect(cut.segments[3]!.outcome).toMatchObject({ status: 'interrupted', step: 15, epoch: 2, batch: 5 });
    expect(cut.rows).toEqual(straight.rows);
    expect(cut.checkpoint.equals(straight.checkpoint)).toBe(true);
    // The same trial as over steps, but for one hyperparameter.
    expect(straight.rows).toEqual((await run({ loop: 'flat' }, [])).rows);
  });

  it('row, then checkpoint, then the report of both; the row is the last word before finish', async () => {
    const { last } = await run({ loop: 'flat', epochs: 3 }, []);
    const types = last.messages.map(({ type }) => type).filter((type) => type !== 'progress');
    expect(types).toEqual(['ready', 'started', ...['checkpoint', 'row'], ...['checkpoint', 'row'], ...['checkpoint', 'row'], 'outcome']); // prettier-ignore
  });

  it('writes nothing before the grant, and leaves without a trace when none comes', async () => {
    const trial = createTrial({});
    const trainer = startTrainer(trial, {}, SCRIPT);
    await trainer.message('ready');
    trainer.hangUp();
    expect(await trainer.exited).toEqual({ code: 85, signal: null });
    expect(readdirSync(trial.segments)).toEqual([]);
    expect(trainer.messages.map(({ type }) => type)).toEqual(['ready']);
  });

  it.each([
    [{ flaw: 'throw' }, 'TrainerError', /Error: out of ideas\n\s+at .*own-loop\.ts/],
    [{ flaw: 'nan' }, 'TrainerError', /tracked sum\.loss is NaN: JSON cannot hold it/],
    [{ speed: 1 }, 'TrainerError', /unknown hyperparameter "speed"/],
  ] as const)('%j fails as %s', async (hyperparameters, type, message) => {
    const trial = createTrial(hyperparameters);
    const trainer = startTrainer(trial, {}, SCRIPT);
    void trainer.message('ready').then(async () => trainer.send((await openSegment(trial)).grant), () => {}); // prettier-ignore
    expect(await trainer.exited).toEqual({ code: 1, signal: null });
    const outcome = trainer.messages.at(-1);
    expect(outcome).toMatchObject({ type: 'outcome', outcome: { status: 'failed', type } });
    expect(
      JSON.stringify(outcome)
        .replaceAll(String.raw`\n`, '\n')
        .replaceAll(String.raw`\"`, '"'),
    ).toMatch(message);
  });

  it('P7: a script that ends without finish() has failed, and keeps its last checkpoint', async () => {
    const trial = createTrial({ flaw: 'unfinished' });
    const last = await runSegment(trial, null, {}, SCRIPT);
    expect(last).toMatchObject({ code: 1, signal: null });
    expect(last.outcome).toMatchObject({ status: 'failed', type: 'NoResult' });
    expect(JSON.stringify(last.outcome)).toContain('`await run.finish()` must follow the loop');
    expect(mergeRows(trial.segments, trial.newest).map(({ step }) => step)).toEqual([5, 10, 15]);
    expect((await openSegment(trial)).resume).toMatchObject({ step: 15 });
  });

  it('P7: a script that waits for what cannot come ends, before it was granted anything', async () => {
    const trainer = startTrainer(createTrial({ flaw: 'stuck' }), {}, SCRIPT);
    expect(await trainer.exited).toEqual({ code: 1, signal: null });
    expect(trainer.messages).toMatchObject([{ type: 'outcome', outcome: { status: 'failed', type: 'NoResult' } }]);
  });

  it("leaves a script's own exit code alone", async () => {
    const last = await runSegment(createTrial({ flaw: 'code' }), null, {}, SCRIPT);
    expect(last).toMatchObject({ code: 7, outcome: null });
    const alike = await alone(['--flaw=code', '--epochs=1']);
    expect([alike.code, alike.stderr]).toEqual([7, expect.not.stringContaining('NoResult')]);
    const { code, stderr } = await alone(['--flaw=unfinished', '--epochs=1']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^NoResult: the script came to its end/m)]);
  });

  it('a checkpoint that tracks something else is refused with a sentence', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'own-loop-'));
    directories.push(directory);
    const own = [`--directory=${directory}`, '--epochs=1'];
    expect(await alone([...own, '--flaw=none'])).toMatchObject({ code: 0 });
    const { code, stderr } = await alone([...own, '--flaw=untracked']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/UnusableCheckpoint: .*"flaw":"none".*use another directory/);
  });

  it('by itself: rows on the console and in the directory, again and again', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'own-loop-'));
    directories.push(directory);
    const first = await alone([`--directory=${directory}`, '--epochs=2', '--seed=3']);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^epoch 2 {2}loss .* noise /m) as string });
    const rows = readFileSync(join(directory, 'metrics.jsonl'), 'utf8');
    expect(rows.trimEnd().split('\n')).toHaveLength(2);
    const curve = readRecords(readFileSync(eventFile(join(directory, 'tensorboard/train'))));
    expect(curve).toHaveLength(3); // the file's version, then an event per epoch
    const second = await alone([`--directory=${directory}`, '--epochs=2', '--seed=3']);
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('resumed after step 10') as string });
    expect(readFileSync(join(directory, 'metrics.jsonl'), 'utf8')).toBe(rows);
    expect(await alone(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--loop=STRING') as string }); // prettier-ignore
    expect(await alone(['--what=1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no argument --what') as string }); // prettier-ignore
  });
});

function alone(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => child.once('close', (code) => done({ code, stdout, stderr })));
}
