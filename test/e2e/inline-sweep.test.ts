/** A sweep given as an object with the keys of sweep.yaml, to a worker that accepts commands from messages. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture, trialsOf } from './support/ends.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

let stack: TestStack;
beforeAll(async () => void (stack = await startTestStack({ scheduler: 'local', workerOptions: ['--allow-inline'] })));
afterAll(async () => await stack?.stop());

test('temporal workflow start --input {…} runs it when the worker allows it', async () => {
  const sweep = {
    program: fixture('speaker.mjs'),
    method: 'grid',
    metric: { name: 'loss', goal: 'maximize' },
    parameters: { lr: { values: [1, 3, 2] } },
  };
  const where = ['--type', 'sweep', '--task-queue', 'sweeps', '--workflow-id', 'inline'];
  const started = await stack.temporal(
    ...['workflow', 'start', ...where, '--input', JSON.stringify(sweep)],
    ...['--address', stack.address],
  );
  expect(started.exitCode, started.stderr).toBe(0);
  const trials = await trialsOf(stack, 'inline');
  expect(trials.toSorted((a, b) => a.number - b.number)).toMatchObject([
    { number: 1, state: 'complete', objective: 1 },
    { number: 2, state: 'complete', objective: 3 },
    { number: 3, state: 'complete', objective: 2 },
  ]);
  const best = await stack.client.workflow.getHandle('inline').query<{ number: number }[]>('leaderboard');
  expect(best.map(({ number }) => number)).toEqual([2, 3, 1]);
});
