import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alive, openBench, stepped } from './support.ts';
import type { Bench } from './support.ts';

const POLITE = `trap 'echo step-term; exit 85' TERM; trap 'echo step-usr1' USR1; echo step-up; while :; do sleep 0.05; done`;
const DEAF = `trap 'echo step-term' TERM; echo step-up $$; while :; do sleep 0.05; done`;

describe('a job on the local scheduler', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  }, 30_000);
  afterAll(() => bench.close());

  it('ends COMPLETED or FAILED with its exit code, and is still known then', async () => {
    const good = await bench.submit('good', 'true');
    const bad = await bench.submit('bad', 'exit 85');
    expect(await bench.until(good, (job) => job.endTime !== null)).toMatchObject({
      state: 'COMPLETED',
      exitCode: '0:0',
    });
    const ended = await bench.until(bad, (job) => job.endTime !== null);
    expect(ended).toMatchObject({ state: 'FAILED', exitCode: '85:0', reason: 'NonZeroExitCode', restartCount: 0 });
    expect(await bench.scheduler.byName('bad')).toEqual({ kind: 'answer', value: [ended] });
  });

  it('sees SLURM’s variables; the restart count is unset on the first run and counts after a requeue', async () => {
    const id = await bench.submit('lr/1.1@0', 'true', { 'cpus-per-task': '2' }).catch(() => null);
    expect(id, 'a name with a slash is no file name here').toBeNull();
    const job = await bench.submit('variables', stepped('exit 3'));
    await bench.until(job, (shown) => shown.state === 'FAILED');
    expect(await bench.scheduler.requeue(job)).toEqual({ kind: 'done' });
    const pending = await bench.show(job);
    expect(pending).toMatchObject({ state: 'PENDING', restartCount: 1 });
    expect(await bench.scheduler.release(job, 0)).toEqual({ kind: 'done' });
    await bench.until(job, (shown) => shown.state === 'FAILED' && shown.restartCount === 1);
    expect(await bench.output('variables')).toBe(`shell ${job}.unset variables n1\nshell ${job}.1 variables n1\n`);
  });

  it('is not started under its hold before a release or its end', async () => {
    const job = await bench.submit('hold', 'echo run ${SLURM_RESTART_COUNT-0}; exit 1');
    await bench.until(job, (shown) => shown.state === 'FAILED');
    await bench.scheduler.requeue(job);
    const held = await bench.show(job);
    expect(held.startTime! * 1_000).toBeGreaterThan(Date.now());
    await bench.until(job, (shown) => shown.state === 'FAILED' && shown.restartCount === 1);
    expect(await bench.output('hold')).toBe('run 0\nrun 1\n');
  });

  it('hears of its time limit in the batch shell only, and is ended TIMEOUT at it', async () => {
    const job = await bench.submit('limit', `#SBATCH -t 0:02\n${stepped(DEAF)}`, {}, 1);
    const ended = await bench.until(job, (shown) => shown.endTime !== null);
    expect(ended.state).toBe('TIMEOUT');
    const lines = (await bench.output('limit')).split('\n');
    expect(lines.filter((line) => line === 'shell-usr1')).toHaveLength(1);
    expect(lines.indexOf('shell-usr1')).toBeLessThan(lines.indexOf('step-term'));
    expect(lines).not.toContain('step-usr1');
  });

  it('is CANCELLED with SIGTERM to its step, and every process is gone', async () => {
    const job = await bench.submit('cancel', stepped(`echo pid $$; sleep 60 & echo pid $!; ${POLITE}`));
    await bench.untilOutput('cancel', 'step-up');
    expect(await bench.scheduler.cancel(job)).toEqual({ kind: 'done' });
    // A polite step may be gone before the next question.
    expect((await bench.show(job)).state).toMatch(/^(COMPLETING|CANCELLED)$/);
    expect(await bench.until(job, (shown) => shown.endTime !== null)).toMatchObject({ state: 'CANCELLED' });
    const output = await bench.output('cancel');
    expect(output).toContain('step-term');
    const pids = [...output.matchAll(/pid (\d+)/g)].map((match) => Number(match[1]));
    expect(pids).toHaveLength(2);
    expect(await Promise.all(pids.map(alive))).toEqual([false, false]);
  });

  it('is CANCELLED at once while pending, and a cancel of an ended or unknown one is harmless', async () => {
    const job = await bench.submit('pending', 'echo never', { hold: true });
    expect(await bench.show(job)).toMatchObject({ state: 'PENDING', reason: 'JobHeldUser' });
    await bench.scheduler.cancel(job);
    expect(await bench.show(job)).toMatchObject({ state: 'CANCELLED' });
    expect(await bench.scheduler.cancel(job)).toEqual({ kind: 'done' });
    expect(await bench.scheduler.cancel('99999')).toEqual({ kind: 'done' });
    expect(await bench.output('pending')).toBe('');
  });

  it('is killed when it does not listen', async () => {
    const job = await bench.submit('deaf', stepped(DEAF));
    await bench.untilOutput('deaf', 'step-up');
    await bench.scheduler.cancel(job);
    expect((await bench.until(job, (shown) => shown.endTime !== null)).state).toBe('CANCELLED');
    const pid = Number(/step-up (\d+)/.exec(await bench.output('deaf'))![1]);
    expect(await alive(pid)).toBe(false);
  });

  it('may be requeued while it runs: the restart count grows by one', async () => {
    const job = await bench.submit('again', stepped(POLITE));
    await bench.untilOutput('again', 'step-up');
    await bench.scheduler.requeue(job);
    await bench.until(job, (shown) => shown.state === 'PENDING' && shown.restartCount === 1);
    await bench.scheduler.release(job, 0);
    await bench.until(job, (shown) => shown.state === 'RUNNING');
    await bench.untilOutput('again', `shell ${job}.1`);
    await bench.scheduler.cancel(job);
    await bench.until(job, (shown) => shown.endTime !== null);
  });

  it('is refused in SLURM’s words', async () => {
    await expect(bench.submit('nope', 'true', { partition: 'nope' })).rejects.toThrow('Invalid partition name');
    await expect(bench.submit('nope', 'true', { time: 'soon' })).rejects.toThrow('Invalid --time');
    await expect(bench.submit('nope', 'true', { 'cpus-per-task': '64' })).rejects.toThrow('not available');
    const job = await bench.submit('over', 'true');
    await bench.until(job, (shown) => shown.endTime !== null);
    expect(await bench.scheduler.release(job, 0)).toMatchObject({ kind: 'refused' });
    expect(await bench.scheduler.requeue('99999')).toMatchObject({ kind: 'refused' });
  });
});

describe('preemption by the high partition', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench({ cpusPerNode: 1 });
  }, 30_000);
  afterAll(() => bench.close());

  it('is heard by the step at once; a job that leaves in time ends and is not requeued', async () => {
    const low = await bench.submit('polite', stepped(POLITE));
    await bench.untilOutput('polite', 'step-up');
    const high = await bench.submit('high', 'echo mine', { partition: 'high' });
    const ended = await bench.until(low, (job) => job.endTime !== null);
    expect(ended).toMatchObject({ state: 'FAILED', exitCode: '85:0', restartCount: 0 });
    expect((await bench.until(high, (job) => job.endTime !== null)).state).toBe('COMPLETED');
    expect(await bench.output('polite')).not.toContain('shell-usr1');
  });

  it('ends a job that outstays its grace time, and requeues it', async () => {
    const low = await bench.submit('stubborn', stepped(DEAF));
    await bench.untilOutput('stubborn', 'step-up');
    const high = await bench.submit('high-2', 'sleep 0.2', { partition: 'high' });
    await bench.until(low, (job) => job.restartCount === 1);
    await bench.until(high, (job) => job.state === 'COMPLETED');
    await bench.scheduler.release(low, 0);
    await bench.untilOutput('stubborn', `shell ${low}.1`);
    await bench.scheduler.cancel(low);
    await bench.until(low, (job) => job.endTime !== null);
  });

  it('does not touch jobs when there is room, nor jobs of high', async () => {
    const first = await bench.submit('high-3', 'sleep 0.3', { partition: 'high' });
    const second = await bench.submit('high-4', 'true', { partition: 'high' });
    await bench.until(first, (job) => job.state === 'RUNNING');
    expect(await bench.show(second)).toMatchObject({ state: 'PENDING', reason: 'Resources' });
    expect((await bench.until(first, (job) => job.endTime !== null)).state).toBe('COMPLETED');
    expect((await bench.until(second, (job) => job.endTime !== null)).state).toBe('COMPLETED');
  });
});
