/** What only the stand-in promises, beside the contract it shares with SLURM. */
import { afterEach, expect, it } from 'vitest';
import { alive, openBench, stepped } from './support.ts';
import type { Bench } from './support.ts';

let bench: Bench;
afterEach(() => bench.close());

it('lifts the hold of a requeue by itself', async () => {
  bench = await openBench();
  const job = await bench.submit('hold', 'echo run ${SLURM_RESTART_COUNT-0}; exit 1');
  await bench.until(job, (shown) => shown.state === 'FAILED');
  await bench.scheduler.requeue(job);
  const held = await bench.show(job);
  expect(held.startTime! * 1_000).toBeGreaterThan(Date.now());
  await bench.until(job, (shown) => shown.state === 'FAILED' && shown.restartCount === 1);
  expect(await bench.output('hold')).toBe('run 0\nrun 1\n');
});

it('leaves no process of a cancelled job, not even one that its step started and forgot', async () => {
  bench = await openBench();
  const step = `sleep 60 & echo pid $! $$; trap 'exit 85' TERM; echo step-up; while :; do sleep 0.05; done`;
  const job = await bench.submit('cancel', stepped(step));
  await bench.untilOutput('cancel', 'step-up');
  await bench.scheduler.cancel(job);
  await bench.until(job, (shown) => shown.endTime !== null);
  const pids = /pid (\d+) (\d+)/
    .exec(await bench.output('cancel'))!
    .slice(1)
    .map(Number);
  expect(await Promise.all(pids.map(alive))).toEqual([false, false]);
});

it('refuses at once what its nodes can never give; SLURM would queue it for ever as PartitionConfig', async () => {
  bench = await openBench();
  await expect(bench.submit('nope', 'true', { 'cpus-per-task': '64' })).rejects.toThrow('not available');
});

it('preempts neither when there is room, nor a job of high', async () => {
  bench = await openBench({ cpusPerNode: 2 });
  const jobs = [
    await bench.submit('low', 'sleep 0.5'),
    await bench.submit('first', 'sleep 0.5', { partition: 'high' }),
  ];
  for (const job of jobs) await bench.until(job, (shown) => shown.state === 'RUNNING' || shown.endTime !== null);
  for (const job of jobs)
    expect(await bench.until(job, (shown) => shown.endTime !== null)).toMatchObject({ state: 'COMPLETED' });
  const long = await bench.submit('long', 'sleep 0.5', { partition: 'high', exclusive: true });
  const waiting = await bench.submit('waiting', 'true', { partition: 'high' });
  await bench.until(long, (shown) => shown.state === 'RUNNING');
  expect(await bench.show(waiting)).toMatchObject({ state: 'PENDING', reason: 'Resources' });
  for (const job of [long, waiting])
    expect(await bench.until(job, (shown) => shown.endTime !== null)).toMatchObject({ state: 'COMPLETED' });
});
