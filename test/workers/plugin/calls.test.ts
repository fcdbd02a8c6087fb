import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callsDirectory } from '../../../activities/layout.ts';
import { createObservers } from '../../../activities/scheduler/observers.ts';
import type { Scheduler, SchedulerCall } from '../../../activities/scheduler/port.ts';
import { createSlurmScheduler } from '../../../activities/scheduler/slurm/scheduler.ts';
import { renderCalls } from '../../../workers/cli/render.ts';
import { installRuntime } from '../../../workers/control-worker.ts';
import { meterCalls } from '../../../workers/plugin/meter-calls.ts';
import { readCalls, reportCalls } from '../../../workers/plugin/report-calls.ts';
import { freePorts } from '../../../workers/stack/ports.ts';

const { observe, tell } = createObservers();
const scheduler: Scheduler = { ...createSlurmScheduler({ environment: {} }), observe };
const call = (command: string, more: Partial<SchedulerCall> = {}): SchedulerCall => ({
  ...{ command, milliseconds: 7, result: 'ok', throttled: false },
  ...more,
});

describe('P10: what SLURM is asked', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'calls-'));
  });
  afterEach(async () => {
    vi.useRealTimers();
    await rm(root, { recursive: true, force: true });
  });

  it('is told to whoever can see the root, while the worker lives', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const report = reportCalls(scheduler, root);
    tell(call('squeue'));
    tell(call('squeue', { result: 'unanswered', throttled: true }));
    tell(call('sbatch'));
    vi.advanceTimersByTime(10_000);
    await vi.waitFor(async () => expect(await readCalls(root)).not.toBeNull());
    const seen = (await readCalls(root))!;
    expect(renderCalls(seen)).toBe('scheduler calls in the last 1 min: 2 squeue, 1 sbatch; 1 unanswered; 1 throttled');
    expect(await readCalls(root, Date.now() + 120_000), 'a worker that died').toBeNull();
    await report.stop();
    expect(await readdir(callsDirectory(root))).toEqual([]);
    expect(await readCalls(root)).toBeNull();
  });

  it('is not seen where there is no root, and torn files are left out', async () => {
    expect(await readCalls(join(root, 'nowhere'))).toBeNull();
    const report = reportCalls(scheduler, root);
    await report.stop();
    await writeFile(join(root, '.calls'), 'no directory');
    expect(await readCalls(root)).toBeNull();
  });
});

describe('P10: metrics for Prometheus', () => {
  afterAll(() => Runtime.instance().shutdown());

  it.each(['9464', 'localhost:9464', 'http://127.0.0.1:9464'])('%s is no address', (metrics) => {
    expect(() => installRuntime({ metrics })).toThrow('such as 127.0.0.1:9464');
  });

  it('count and time every command', async () => {
    const [port] = await freePorts(1);
    installRuntime({ metrics: `127.0.0.1:${port}` });
    const stop = meterCalls(scheduler, Runtime.instance().metricMeter);
    tell(call('squeue'));
    tell(call('squeue'));
    tell(call('sbatch', { result: 'refused', milliseconds: 800 }));
    stop();
    tell(call('squeue'));
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith('temporal_sweep'));
    expect(lines).toContainEqual(
      expect.stringMatching(/^temporal_sweep_slurm_commands\{.*command="squeue".*result="ok".*\} 2$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^temporal_sweep_slurm_commands\{.*command="sbatch".*result="refused".*\} 1$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^temporal_sweep_slurm_command_duration\w*_bucket\{.*command="squeue".*le="10".*\} 2$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^temporal_sweep_slurm_command_duration\w*_bucket\{.*command="sbatch".*le="500".*\} 0$/),
    );
  });
});
