/** P10: what SLURM is asked can be seen: by Prometheus, and in `status`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SweepView } from '../../workers/cli/view.ts';
import { freePorts } from '../../workers/stack/ports.ts';
import { fixture, trialsOf } from './support/ends.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { startSweep, until, writeSweep } from './support/sweep.ts';

let stack: TestStack;
let metrics: string;

beforeAll(async () => {
  const [port] = await freePorts(1);
  metrics = `127.0.0.1:${port}`;
  stack = await startTestStack({ scheduler: 'slurm', workerOptions: ['--metrics', metrics] });
});
afterAll(() => stack.stop());

test('every SLURM command is counted and timed', async () => {
  const file = await writeSweep(stack, 'seen', {
    trials: 2,
    program: fixture('speaker.mjs'),
    keys: { parameters: { lr: { distribution: 'uniform', min: 0.1, max: 0.9 } } },
    temporal: { concurrency: 2 },
  });
  await startSweep(stack, 'seen', file);
  expect(await trialsOf(stack, 'seen')).toHaveLength(2);

  const scraped = await (await fetch(`http://${metrics}/metrics`)).text();
  expect(scraped).toMatch(/^temporal_sweep_slurm_commands\{.*command="sbatch".*result="ok".*\} 2$/m);
  expect(scraped).toMatch(/^temporal_sweep_slurm_command_duration\w*_count\{.*command="squeue".*\} \d+$/m);

  const view = await until('the control worker has reported', async () => {
    const { stdout } = await stack.cli('status', 'seen', '--json');
    const now = JSON.parse(stdout) as SweepView;
    return now.calls?.commands['sbatch']?.calls === 2 && now;
  });
  expect(view.calls!.commands['squeue']!.calls).toBeGreaterThan(0);
  expect((await stack.cli('status', 'seen')).stdout).toMatch(/^scheduler calls in the last \d+ min: .*2 sbatch/m);
});

test('a metrics address that is taken, or is none, is said in one line', async () => {
  const taken = await stack.cli('worker', '--root', stack.root, '--metrics', metrics);
  expect(taken.exitCode).toBe(1);
  expect(taken.stderr).toMatch(new RegExp(`^temporal-sweep: --metrics ${metrics}: .+$`, 'm'));
  const wrong = await stack.cli('worker', '--root', stack.root, '--metrics', '9464');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('such as 127.0.0.1:9464');
});
