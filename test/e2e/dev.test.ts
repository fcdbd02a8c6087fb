/** `temporal sweep dev`: one foreground process, stopped by Ctrl-C with all that it started; the next one goes on. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SweepStatus } from '../../workflows/messages.ts';
import { compiled, packageRoot } from '../../workers/package-root.ts';
import { freePorts } from '../../workers/stack/ports.ts';
import { readTrials } from '../../activities/results/read-trials.ts';
import { processesNaming } from './support/processes.ts';
import { until, writeSweep } from './support/sweep.ts';
import type { TestStack } from './support/stack.ts';

const PROGRAM = join(packageRoot(), 'test/e2e/fixtures/paced.ts');

describe.each(['slurm', 'local'] as const)('on %s', (scheduler) => {
  let directory: string;
  let port = 0;
  let child: ChildProcess | null = null;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'temporal-sweep-dev-'));
    [port = 0] = await freePorts(1);
  });
  afterAll(async () => {
    child?.kill('SIGINT');
    await rm(directory, { recursive: true, force: true });
  });

  async function dev(): Promise<{ output: () => string; process: ChildProcess; ended: Promise<number | null> }> {
    const args = [
      'dev',
      '--directory',
      join(directory, 'stack'),
      '--root',
      join(directory, 'sweeps'),
      '--port',
      String(port),
      '--scheduler',
      scheduler,
    ];
    const started = spawn(process.execPath, [compiled('workers/cli'), ...args], {
      cwd: packageRoot(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let text = '';
    started.stdout.on('data', (data: Buffer) => (text += data.toString()));
    started.stderr.on('data', (data: Buffer) => (text += data.toString()));
    const end = new Promise<number | null>((resolve) => started.once('exit', resolve));
    await until('dev is ready', async () => text.includes('Ready.') || started.exitCode !== null);
    return { output: () => text, process: started, ended: end };
  }

  test('prints its addresses, refuses a second one, stops without a trace, and goes on when it is started again', async () => {
    const first = await dev();
    expect(first.output()).toContain(`Temporal    127.0.0.1:${port}`);
    expect(first.output()).toContain(`Web UI      http://127.0.0.1:${port + 1_000}`);
    expect((await fetch(`http://127.0.0.1:${port + 1_000}`)).status).toBe(200);

    const second = await dev();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(String(port));
    expect(second.output()).not.toContain('    at ');
    child = first.process;

    const file = await writeSweep({ directory } as TestStack, 'lr', {
      trials: 2,
      program: PROGRAM,
      keys: { parameters: { lr_max: { value: 0.01 }, epochs: { value: 12 }, pace: { value: 60 } } },
    });
    const before = await connect();
    await before.client.workflow.start('sweep', { taskQueue: 'sweeps', workflowId: 'lr', args: [file] });
    await until('both trials train', async () => {
      const states = await Promise.all(
        [1, 2].map((number) => before.client.workflow.getHandle(`lr/${number}`).query<{ state: string }>('status')),
      );
      return states.every(({ state }) => state === 'running');
    });
    await before.connection.close();
    first.process.kill('SIGINT');
    expect(await first.ended).toBe(0);
    expect(processesNaming(directory)).toEqual([]);

    const third = await dev();
    const after = await connect();
    await until(
      'the sweep completes',
      async () => (await after.client.workflow.getHandle('lr').query<SweepStatus>('status')).state === 'complete',
      240,
    );
    await after.connection.close();
    const trials = await readTrials(join(directory, 'sweeps', 'lr', 'trials.jsonl'));
    expect(
      trials.map(({ number, state, epoch }) => ({ number, state, epoch })).toSorted((a, b) => a.number - b.number),
    ).toEqual([
      { number: 1, state: 'complete', epoch: 12 },
      { number: 2, state: 'complete', epoch: 12 },
    ]);
    third.process.kill('SIGINT');
    expect(await third.ended).toBe(0);
    expect(processesNaming(directory)).toEqual([]);
  });

  async function connect(): Promise<{ client: Client; connection: Connection }> {
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    return { client: new Client({ connection }), connection };
  }
});
