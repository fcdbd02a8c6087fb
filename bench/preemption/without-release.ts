/**
 * The same product on a SLURM that lets nobody lift the hold of a requeue (about 121 s): a control worker of its own, in
 * this process, whose every release is refused.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createSlurmScheduler } from '../../activities/scheduler/slurm/scheduler.ts';
import type { TestStack } from '../../test/e2e/support/stack.ts';
import { installRuntime } from '../../workers/control-worker.ts';
import { SweepPlugin } from '../../workers/index.ts';

export interface HoldingWorker {
  readonly taskQueue: string;
  readonly root: string;
  readonly trace: string;
  stop(): Promise<void>;
}

export async function startHoldingWorker(stack: TestStack): Promise<HoldingWorker> {
  installRuntime();
  const taskQueue = 'without-release';
  const root = join(stack.directory, taskQueue);
  const trace = join(stack.directory, `${taskQueue}.jsonl`);
  await mkdir(root);
  const connection = await NativeConnection.connect({ address: stack.address });
  const slurm = createSlurmScheduler({ environment: { ...stack.environment, TEMPORAL_SWEEP_TRACE: trace } });
  const scheduler = {
    ...slurm,
    release: async () => ({ kind: 'refused', message: 'not released, to measure the hold' }) as const,
  };
  const worker = await Worker.create({ connection, taskQueue, plugins: [new SweepPlugin({ root, scheduler })] });
  const done = worker.run();
  return {
    taskQueue,
    root,
    trace,
    stop: async () => {
      worker.shutdown();
      await done;
      await connection.close();
    },
  };
}
