/** SweepPlugin in a Worker that has workflows of its own. */
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SweepPlugin } from '../../workers/index.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  Runtime.install({ shutdownSignals: [] });
  stack = await startTestStack({ scheduler: 'local', worker: false });
});
afterAll(() => stack.stop());

test("the user's workflows and ours run side by side, and nothing outlives the Worker", async () => {
  const connection = await NativeConnection.connect({ address: stack.address });
  const listeners = process.listenerCount('SIGTERM');
  const worker = await Worker.create({
    connection,
    taskQueue: 'mine',
    workflowsPath: fileURLToPath(new URL('./fixtures/own-workflows.ts', import.meta.url)),
    activities: { shout: async (text: string) => text.toUpperCase() },
    plugins: [new SweepPlugin({ root: stack.root, scheduler: stack.scheduler })],
  });
  let polls = 0;
  stack.scheduler.observe(({ command }) => (polls += Number(command === 'list')));
  await worker.runUntil(async () => {
    const greeting = stack.client.workflow.execute('greet', { taskQueue: 'mine', workflowId: 'greet', args: ['you'] });
    expect(await greeting).toBe('hello you');
    const sweep = stack.client.workflow.execute('sweep', {
      taskQueue: 'mine',
      workflowId: 'none',
      args: ['no/such/sweep.yaml'],
    });
    const failure = await sweep.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect(String((failure as WorkflowFailedError).cause?.message)).toContain('no/such/sweep.yaml');
  });
  const before = polls;
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(polls, 'the poller stopped with its Worker').toBe(before);
  expect(process.listenerCount('SIGTERM')).toBe(listeners);
  await connection.close();
});
