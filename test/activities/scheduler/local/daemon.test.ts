import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLocalDaemon } from '../../../../activities/scheduler/local/start-daemon.ts';
import { createLocalScheduler } from '../../../../activities/scheduler/local/scheduler.ts';
import { alive, openBench, stepped } from './support.ts';
import type { Bench } from './support.ts';

const LONG = `trap 'echo step-term; exit 85' TERM; echo step-up $$; while :; do sleep 0.05; done`;

describe('the local scheduler’s daemon', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  }, 30_000);
  afterEach(() => bench.close());

  it('stopped, ends its jobs with SIGTERM and starts them again with the next one', async () => {
    const job = await bench.submit('job', stepped(LONG));
    await bench.untilOutput('job', 'step-up');
    await bench.daemon().stop();
    const output = await bench.output('job');
    expect(output).toContain('step-term');
    expect(await alive(Number(/step-up (\d+)/.exec(output)![1]))).toBe(false);
    expect(await bench.scheduler.list()).toMatchObject({ kind: 'unknown' });
    await bench.restart();
    await bench.untilOutput('job', `shell ${job}.1`);
    expect(await bench.show(job)).toMatchObject({ state: 'RUNNING', restartCount: 1 });
    await bench.scheduler.cancel(job);
  });

  it('killed, is followed by one that takes its live jobs over and requeues its dead ones', async () => {
    const survivor = await bench.submit('survivor', stepped(LONG));
    const victim = await bench.submit('victim', 'echo victim $$ ${SLURM_RESTART_COUNT-0}; sleep 60');
    await bench.untilOutput('survivor', 'step-up');
    await bench.untilOutput('victim', 'victim');
    process.kill(bench.daemon().pid!, 'SIGKILL');
    await bench.daemon().stop();
    const shell = Number(/victim (\d+)/.exec(await bench.output('victim'))![1]);
    process.kill(-shell, 'SIGKILL');
    await bench.restart();
    expect(await bench.show(survivor)).toMatchObject({ state: 'RUNNING', restartCount: 0 });
    await bench.untilOutput('victim', ' 1\n');
    expect(await bench.show(victim)).toMatchObject({ state: 'RUNNING', restartCount: 1 });
    await bench.scheduler.cancel(survivor);
    await bench.until(survivor, (job) => job.endTime !== null);
    expect(await bench.output('survivor')).toContain('step-term');
    await bench.scheduler.cancel(victim);
    await bench.until(victim, (job) => job.endTime !== null);
  });

  it('goes on counting job ids after a restart', async () => {
    const first = await bench.submit('first', 'true');
    await bench.until(first, (job) => job.endTime !== null);
    await bench.daemon().stop();
    await bench.restart();
    expect(await bench.show(first)).toMatchObject({ state: 'COMPLETED' });
    expect(Number(await bench.submit('second', 'true'))).toBe(Number(first) + 1);
  });

  it('is found, not started twice, on one state directory', async () => {
    const state = `${bench.directory}/state`;
    const second = await startLocalDaemon({ directory: state });
    expect(second).toMatchObject({ pid: null, socket: bench.daemon().socket });
    expect(await createLocalScheduler({ socket: second.socket }).list()).toEqual({ kind: 'answer', value: [] });
    await second.stop();
    expect(await alive(bench.daemon().pid!)).toBe(false);
  });
});
