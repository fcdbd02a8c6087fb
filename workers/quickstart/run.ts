/** One quickstart on a stack that runs: starts the sweep, watches it, makes the disasters, tells what they cost. */
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import type { Client } from '@temporalio/client';
import { sweepLayout } from '../../activities/layout.ts';
import { readTrials } from '../../activities/results/read-trials.ts';
import type { TrialEnded } from '../../workflows/messages.ts';
import { connect } from '../cli/connect.ts';
import { follow } from '../cli/follow.ts';
import type { Stack } from '../dev/stack.ts';
import { packageRoot } from '../package-root.ts';
import { costsOf, fetchTimes, type Cost } from './costs.ts';
import { createDisturbances } from './disturbances.ts';
import { cancelJobs, endLeftOvers, isOurs, PREFIX } from './left-overs.ts';
import { measureSpeed } from './measure.ts';
import { epochsFor, planFor, writeCutSweep } from './plan.ts';
import { recordSteps, type StepRecord } from './steps.ts';
import { summary, unmet } from './summary.ts';

export interface RunOptions {
  readonly stack: Stack;
  /** The stack's own files; sweep.yaml is written here. */
  readonly directory: string;
  readonly root: string;
  readonly port: number;
  /** Cancels the sweep, so that the next quickstart does not go on with it. */
  readonly signal: AbortSignal;
}

/** @returns the exit code: 0 only when every trial completed and every disaster happened. */
export async function runSweep(options: RunOptions): Promise<number> {
  const { stack, directory, root, port, signal } = options;
  const { client, close } = await connect();
  try {
    const left = await endLeftOvers(client, stack.scheduler);
    if (left > 0) console.log(`ended ${left} sweep${left === 1 ? '' : 's'} of a former quickstart that was killed`);
    signal.throwIfAborted();
    const sweepId = PREFIX + new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
    const { secondsPerEpoch, backend } = await measureSpeed(
      join(packageRoot(), 'examples/mnist/train.ts'),
      directory,
      signal,
    );
    console.log(`Trainer  ${secondsPerEpoch.toFixed(2)} s per epoch, ${backend}`);
    const plan = planFor(
      stack.scheduler.kind,
      stack.partitions.low,
      epochsFor(secondsPerEpoch, availableParallelism()),
    );
    const file = writeCutSweep(packageRoot(), directory, plan);
    signal.throwIfAborted();
    const { epochs, trials: size, concurrency, time } = plan;
    const handle = await client.workflow.start('sweep', {
      ...{ taskQueue: 'sweeps', workflowId: sweepId, args: [file] },
      staticSummary: `quickstart: ${size} trials on MNIST`,
    });
    signal.addEventListener('abort', () => void handle.cancel().catch(() => {}), { once: true });
    console.log(`Web UI   ${stack.uiUrl}/namespaces/default/workflows/${sweepId}`);
    console.log(
      `Sweep    ${sweepId}: ${size} trials of ${epochs} epochs, ${concurrency} at a time; a job may run for ${time}\n`,
    );

    const steps = recordSteps();
    await watch(client, sweepId, steps, epochs, options);
    await cancelJobs(stack.scheduler, isOurs);
    if (signal.aborted) return 130;

    const layout = sweepLayout(root, sweepId);
    const trials = await readTrials(layout.trials);
    const costs = await Promise.all(trials.map((trial) => costOf(client, sweepId, trial, root, steps)));
    console.log(
      summary(trials, costs.flat(), {
        directory: near(directory),
        root: near(root),
        sweep: near(layout.directory),
        sweepId,
        port,
      }),
    );
    return verdict(trials, size);
  } finally {
    await close();
  }
}

/** Relative to where the user stands, where it lies beneath. */
const near = (path: string): string => {
  const short = relative('.', path);
  return short.startsWith('..') ? path : short;
};

async function watch(
  client: Client,
  sweepId: string,
  steps: StepRecord,
  epochs: number,
  options: RunOptions,
): Promise<void> {
  const { stack, root, directory, signal } = options;
  const notes: string[] = [];
  const disturbances = createDisturbances({
    ...{ client, scheduler: stack.scheduler, high: stack.partitions.high, root, directory, epochs },
    reached: steps.reached,
    say: (sentence) => void (process.stdout.isTTY ? notes.push(sentence) : console.log(`>> ${sentence}`)),
  });
  await follow(client, sweepId, {
    notes,
    onView: async (view) => {
      steps.note(view);
      if (!signal.aborted) await disturbances.look(view);
    },
  });
}

async function costOf(
  client: Client,
  sweepId: string,
  trial: TrialEnded,
  root: string,
  steps: StepRecord,
): Promise<Cost[]> {
  const layout = sweepLayout(root, sweepId).trial(trial.number);
  const times = await fetchTimes(client, `${sweepId}/${trial.number}`);
  return costsOf(trial, times, (segment) => steps.repeated(trial.number, layout, segment));
}

function verdict(trials: readonly TrialEnded[], size: number): number {
  const failed = trials.filter((trial) => trial.state !== 'complete');
  const missing = unmet(trials);
  if (failed.length > 0)
    console.error(`\nnot complete: ${failed.map((trial) => `trial ${trial.number} (${trial.reason})`).join(', ')}`);
  if (trials.length < size) console.error(`\n${size - trials.length} of ${size} trials are missing`);
  if (missing.length > 0) console.error(`\ndid not happen: ${missing.join(', ')}`);
  return failed.length === 0 && missing.length === 0 && trials.length === size ? 0 : 1;
}
