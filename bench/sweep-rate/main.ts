/**
 * Trials per second, and events per trial. See bench/README.md.
 *
 * 1. floor: children that do nothing, through the same server.   2. the real sweep, with trials that tell their end at once.
 * 3. the real sweep and trials, whose jobs begin and end at once.   4. everything, a trainer that does nothing, on the
 * local scheduler.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import { packageRoot } from '../../workers/package-root.ts';
import { startTestStack, type TestStack } from '../../test/e2e/support/stack.ts';
import { describeMachine } from '../support/machine.ts';
import { markdown } from '../support/statistics.ts';
import { createStubWorker, QUEUE } from './stub-worker.ts';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '500' },
    window: { type: 'string', default: '100' },
    jobs: { type: 'string', default: '60' },
  },
});
const [trials, window, jobs] = [Number(values.trials), Number(values.window), Number(values.jobs)];

interface Rate {
  readonly name: string;
  readonly trials: number;
  readonly seconds: number;
  readonly parent: number;
  readonly child: number | null;
}

const stubs = [
  { name: 'floor: empty children', workflow: 'floor', id: 'floor', workflows: 'floor' },
  { name: 'sweep, trial workflow stubbed', workflow: 'sweep', id: 'stubbed', workflows: 'stub-workflows' },
  { name: 'sweep, activities of the trial stubbed', workflow: 'sweep', id: 'answered', workflows: 'floor' },
] as const;

const stack = await startTestStack({ scheduler: 'local' });
try {
  const rates = [...(await stubbed(stack)), await local(stack)];
  const floor = rates[0]!.trials / rates[0]!.seconds;
  console.log(
    markdown(
      ['', 'trials', 'seconds', 'trials/s', 'of the floor', 'events/trial, sweep', 'events, trial'],
      rates.map((rate) => [
        rate.name,
        String(rate.trials),
        rate.seconds.toFixed(1),
        (rate.trials / rate.seconds).toFixed(1),
        (rate.trials / rate.seconds / floor).toFixed(2),
        (rate.parent / rate.trials).toFixed(2),
        rate.child === null ? '-' : String(rate.child),
      ]),
    ),
  );
  console.log(`\nwindow ${window}; ${await describeMachine(stack)}`);
} finally {
  await stack.stop();
}
process.exit(0);

async function stubbed({ address, client, directory }: TestStack): Promise<Rate[]> {
  const root = join(directory, 'stubbed');
  await mkdir(root);
  const rates: Rate[] = [];
  for (const { name, workflow, id, workflows } of stubs) {
    const { worker, connection } = await createStubWorker(address, client, root, workflows);
    const args = workflow === 'floor' ? [trials, window] : [source(trials, window)];
    const rate = await worker.runUntil(() => timed(client, workflow, id, args));
    await connection.close();
    rates.push({ name, trials, ...rate, child: workflow === 'floor' ? null : await events(client, `${id}/1`) });
  }
  return rates;
}

async function local({ client, directory }: TestStack): Promise<Rate> {
  const file = join(directory, 'trivial.json');
  await writeFile(file, JSON.stringify(source(jobs, Math.min(window, jobs))), { mode: 0o600 });
  const sweep = await timed(client, 'sweep', 'local', [file], 'sweeps');
  return {
    name: 'sweep, local scheduler, trivial trainer',
    trials: jobs,
    ...sweep,
    child: await events(client, 'local/1'),
  };
}

function source(runCap: number, concurrency: number): object {
  return {
    program: join(packageRoot(), 'test/e2e/fixtures/speaker.mjs'),
    method: 'random',
    metric: { name: 'loss', goal: 'minimize' },
    run_cap: runCap,
    parameters: { lr: { min: 0.001, max: 0.1 } },
    temporal: { concurrency, slurm: { partition: 'low', 'cpus-per-task': 1, time: 5 } },
  };
}

async function timed(
  client: Client,
  type: string,
  id: string,
  args: unknown[],
  taskQueue = QUEUE,
): Promise<{ seconds: number; parent: number }> {
  const start = performance.now();
  await client.workflow.execute(type, { taskQueue, workflowId: id, args });
  return { seconds: (performance.now() - start) / 1_000, parent: await events(client, id) };
}

async function events(client: Client, id: string): Promise<number> {
  return (await client.workflow.getHandle(id).describe()).historyLength;
}
