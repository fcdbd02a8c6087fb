#!/usr/bin/env node
/**
 * `npm run quickstart`, after set-up: the whole stack on free ports, the MNIST example cut to about three minutes, and
 * three disasters. Exit code 0 only if every trial completed and each disaster really happened.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sweepLayout } from '../activities/layout.ts';
import { readTrials } from '../activities/results/read-trials.ts';
import { connect } from './cli/connect.ts';
import { follow } from './cli/follow.ts';
import { startStack, type Stack } from './dev/stack.ts';
import { packageRoot } from './package-root.ts';
import { costsOf, fetchTimes } from './quickstart/costs.ts';
import { createDisturbances } from './quickstart/disturbances.ts';
import { planFor, writeCutSweep } from './quickstart/plan.ts';
import { recordSteps } from './quickstart/steps.ts';
import { summary, unmet } from './quickstart/summary.ts';
import { freePorts } from './stack/ports.ts';

const directory = resolve('.temporal-sweep', 'quickstart');
const root = join(directory, 'sweeps');

async function run(stack: Stack, port: number): Promise<number> {
  const { client, close } = await connect();
  try {
    const sweepId = `mnist-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;
    const plan = planFor(stack.scheduler.kind, stack.partitions.low);
    const file = writeCutSweep(packageRoot(), directory, plan);
    await client.workflow.start('sweep', { taskQueue: 'sweeps', workflowId: sweepId, args: [file] });
    console.log(`Web UI   ${stack.uiUrl}/namespaces/default/workflows/${sweepId}`);
    console.log(`Sweep    ${sweepId}: ${plan.trials} trials of ${plan.epochs} epochs, ${plan.concurrency} at a time, jobs of at most ${plan.time}\n`);

    const notes: string[] = [];
    const say = (sentence: string): void => void (process.stdout.isTTY ? notes.push(sentence) : console.log(`>> ${sentence}`));
    const { scheduler, partitions } = stack;
    const disturbances = createDisturbances({ scheduler, high: partitions.high, root, directory, say });
    const steps = recordSteps();
    await follow(client, sweepId, {
      notes,
      onView: async (view) => {
        steps.note(view);
        await disturbances.look(view);
      },
    });

    const layout = sweepLayout(root, sweepId);
    const trials = await readTrials(layout.trials);
    const costs = await Promise.all(
      trials.map(async (trial) =>
        costsOf(trial, await fetchTimes(client, `${sweepId}/${trial.number}`), (segment) => steps.repeated(trial.number, layout.trial(trial.number), segment)),
      ),
    );
    console.log(summary(trials, costs.flat(), { directory, root, sweep: layout.directory, sweepId, port }));
    const failed = trials.filter((trial) => trial.state !== 'complete');
    const missing = unmet(trials);
    if (failed.length > 0) console.error(`\nnot complete: ${failed.map((trial) => `trial ${trial.number} (${trial.reason})`).join(', ')}`);
    if (missing.length > 0) console.error(`\ndid not happen: ${missing.join(', ')}`);
    return failed.length === 0 && missing.length === 0 && trials.length === plan.trials ? 0 : 1;
  } finally {
    await close();
  }
}

let interrupt = (): void => {};
const interrupted = new Promise<number>((done) => (interrupt = () => done(130)));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);

mkdirSync(root, { recursive: true, mode: 0o700 });
const [port = 0] = await freePorts(1);
try {
  const stack = await startStack({ directory, root, port, uiPort: port + 1_000, scheduler: 'auto', log: console.log });
  const broken = stack.done.then(() => 1);
  const running = run(stack, port);
  running.catch(() => {}); // a sweep watched while the stack is being stopped
  try {
    process.exitCode = await Promise.race([running, interrupted, broken]);
  } finally {
    await stack.stop();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
await delay(0);
process.exit();
