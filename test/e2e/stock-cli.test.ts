/** The stock `temporal` CLI as the README prints it, and `temporal sweep …` as its extension. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execa } from 'execa';
import { join } from 'node:path';
import { packageRoot } from '../../workers/package-root.ts';
import type { SweepStatus, TrialRow } from '../../workflows/messages.ts';
import { startTestStack, type CommandResult, type TestStack } from './support/stack.ts';
import { ended, sweepStatus, until, untilTraining, writeSweep } from './support/sweep.ts';

const PROGRAM = join(packageRoot(), 'test/e2e/fixtures/paced.ts');

let stack: TestStack;
let file: string;
beforeAll(async () => {
  stack = await startTestStack({ scheduler: 'slurm' });
  file = await writeSweep(stack, 'lr', {
    trials: 4,
    program: PROGRAM,
    keys: {
      parameters: {
        lr_max: { distribution: 'log_uniform_values', min: 1e-3, max: 1e-1 },
        epochs: { value: 30 },
        pace: { value: 50 },
      },
    },
    temporal: { concurrency: 2 },
  });
});
afterAll(async () => await stack?.stop());

/** `temporal <words>`, as typed in a shell that finds both programs. */
async function shell(...words: string[]): Promise<CommandResult> {
  const { exitCode, stdout, stderr } = await execa('temporal', words, {
    env: stack.environment,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode, stdout, stderr };
}

async function query<T>(id: string, type: string): Promise<T> {
  const { stdout } = await shell('workflow', 'query', '-w', id, '--type', type, '-o', 'json');
  return (JSON.parse(stdout) as { queryResult: [T] }).queryResult[0];
}

describe.sequential('a sweep', () => {
  test('is started with a path, and answers queries', async () => {
    const input = JSON.stringify(file);
    const started = await shell(
      'workflow',
      'start',
      '--type',
      'sweep',
      '--task-queue',
      'sweeps',
      '--workflow-id',
      'lr',
      '--input',
      input,
    );
    expect(started.exitCode, started.stderr).toBe(0);
    await untilTraining(stack, 'lr', 1);
    expect(await query<SweepStatus>('lr', 'status')).toMatchObject({
      sweepId: 'lr',
      state: 'running',
      concurrency: 2,
      started: 2,
    });
    expect((await query<TrialRow[]>('lr', 'trials')).map(({ number }) => number)).toEqual([1, 2]);
    expect((await query<TrialRow[] | null>('lr', 'leaderboard')) ?? [], 'the CLI prints an empty list as null').toEqual(
      [],
    );
    expect(await query('lr/1', 'status')).toMatchObject({ number: 1, state: 'running' });
  });

  test('shows its trials by search attributes, and its handlers with descriptions', async () => {
    const listed = await until('both trials are listed', async () => {
      const { stdout } = await shell(
        'workflow',
        'list',
        '--query',
        'SweepId="lr" AND TrialStatus="running"',
        '-o',
        'json',
      );
      const workflows = JSON.parse(stdout) as { execution: { workflowId: string } }[];
      return workflows.length === 2 && workflows;
    });
    expect(listed.map(({ execution }) => execution.workflowId).toSorted()).toEqual(['lr/1', 'lr/2']);
    const metadata = await shell('workflow', 'metadata', '-w', 'lr');
    expect(metadata.stdout).toContain('Trials at a time');
    const { stdout } = await shell('workflow', 'describe', '-w', 'lr/1', '-o', 'json');
    expect(stdout).toContain('"train-1"');
  });

  test('obeys updates, and refuses wrong ones with a sentence', async () => {
    const update = (name: string, input: string): Promise<CommandResult> =>
      shell('workflow', 'update', 'execute', '-w', 'lr', '--name', name, '--input', input);
    expect((await update('setConcurrency', '3')).exitCode).toBe(0);
    expect((await sweepStatus(stack, 'lr')).concurrency).toBe(3);
    expect((await update('setConcurrency', '-1')).stderr).toContain(
      'concurrency must be a whole number from 0 to 1000, not -1',
    );
    expect((await update('stopTrial', '99')).stderr).toContain('trial 99 is not live; live trials: 1, 2');
    expect((await update('stopTrial', '2')).exitCode).toBe(0);
    await until('trial 2 is pruned', async () =>
      (await ended(stack, 'lr')).some(({ number, state }) => number === 2 && state === 'pruned'),
    );
  });

  test('is watched and steered by the extension', async () => {
    const status = await shell('sweep', 'status', 'lr');
    expect(status.exitCode, status.stderr).toBe(0);
    expect(status.stdout).toMatch(/^lr: \w+, \d of 4 started/);
    // The Temporal CLI moves flags that it knows to the front.
    const json = await shell('sweep', 'trials', 'lr', '--json', '--address', stack.address);
    expect((JSON.parse(json.stdout) as unknown[]).length).toBeGreaterThan(0);
    expect((await shell('sweep', 'concurrency', 'lr', '2')).stdout).toBe('lr runs 2 trials at a time');
    expect((await shell('sweep', 'logs', 'lr', '1')).exitCode).toBe(0);
    const results = await shell('sweep', 'results', 'lr', '--root', stack.root);
    expect(results.stdout).toContain('stopped by the user');
  });

  test('pauses, resumes and is cancelled', async () => {
    expect((await shell('workflow', 'signal', '-w', 'lr', '--name', 'pause')).exitCode).toBe(0);
    await until('the live trials have paused', async () => {
      const live = (await sweepStatus(stack, 'lr')).counts.running;
      const { stdout } = await shell('workflow', 'count', '--query', 'SweepId="lr" AND TrialStatus="paused"');
      return live > 0 && stdout.includes(`Total: ${live}`);
    });
    expect((await shell('sweep', 'resume', 'lr')).stdout).toBe('resumed lr');
    await untilTraining(stack, 'lr', 1, 2);
    expect((await shell('workflow', 'cancel', '-w', 'lr')).exitCode).toBe(0);
    await until(
      'it is cancelled',
      async () => (await stack.client.workflow.getHandle('lr').describe()).status.name === 'CANCELLED',
    );
    expect((await ended(stack, 'lr')).every(({ state }) => state === 'cancelled' || state === 'pruned')).toBe(true);
  });
});

describe('wrong words', () => {
  test.each([
    [['sweep', 'nonsense'], 2, 'no command "nonsense"; commands: dev, worker, check, start'],
    [
      ['sweep', 'status', 'lr', '--nonsense'],
      2,
      'temporal sweep status has no option --nonsense; its options: --follow',
    ],
    [['sweep', 'status'], 2, 'temporal sweep status --help'],
    [['sweep', 'status', 'nobody'], 1, 'no sweep "nobody" in this namespace'],
    [['sweep', 'start', '/no/such/sweep.yaml'], 1, 'no file /no/such/sweep.yaml'],
    [['sweep', 'concurrency', 'nobody', 'many'], 1, 'no sweep "nobody"'],
    [['sweep', 'results', 'nobody', '--root', '/no/such'], 1, 'no sweep "nobody" in /no/such'],
  ])('%j', async (words, code, sentence) => {
    const { exitCode, stderr } = await shell(...words);
    expect(stderr).toContain(sentence);
    expect(
      stderr
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('    at ')),
    ).toEqual([]);
    expect(exitCode).toBe(code);
  });

  test('help lists every command and tells the options of one', async () => {
    const { stdout, exitCode } = await shell('sweep', '--help');
    expect(exitCode).toBe(0);
    for (const name of [
      'dev',
      'worker',
      'start',
      'status',
      'trials',
      'logs',
      'pause',
      'resume',
      'concurrency',
      'stop',
      'cancel',
      'results',
    ])
      expect(stdout).toContain(`  ${name} `);
    expect((await shell('sweep', 'worker', '--help')).stdout).toContain('--poll-interval');
  });

  test('no server: one line that says how to name another', async () => {
    const { exitCode, stderr } = await shell('sweep', 'status', 'lr', '--address', '127.0.0.1:1');
    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/no Temporal server at 127\.0\.0\.1:1 .*TEMPORAL_ADDRESS/);
  });
});
