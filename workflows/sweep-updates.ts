/** What a user may change of a running sweep, each with what it may be. */
import { ApplicationFailure, proxyActivities, setHandler } from '@temporalio/workflow';
import type { SweepActivities } from './activities.ts';
import { explained } from './failures.ts';
import * as messages from './messages.ts';
import type { Identity } from './messages.ts';
import { jobOptions, MAX_CONCURRENCY, type Live, type Sweep } from './sweep-state.ts';
import type { Trials } from './sweep-trials.ts';

export interface Updatable {
  readonly identity: Identity;
  readonly trials: Trials;
  /** Resolves when sweep.yaml has been read; an update that comes before waits for it, and fails with the sweep if that fails. */
  opened(): Promise<void>;
  update(edit: (sweep: Sweep) => Sweep): void;
  live(): readonly Live[];
}

const files = proxyActivities<SweepActivities>({ startToCloseTimeout: '2 minutes', retry: { maximumAttempts: 3 } });

export function handleUpdates({ identity, trials, opened, update, live }: Updatable): void {
  setHandler(
    messages.setConcurrencyUpdate,
    async (concurrency) => {
      await opened();
      update((now) => ({ ...now, concurrency }));
      return { concurrency };
    },
    {
      description: 'Trials at a time; a smaller number lets running ones finish',
      validator: (concurrency) => wholeNumber('concurrency', concurrency, 0, MAX_CONCURRENCY),
    },
  );
  setHandler(
    messages.setRunCapUpdate,
    async (runCap) => {
      await opened();
      update((now) => ({ ...now, size: runCap }));
      return { runCap };
    },
    {
      description: 'Trials in all; what has started goes on',
      validator: (runCap) => wholeNumber('run cap', runCap, 1, 10_000_000),
    },
  );
  setHandler(
    messages.setJobOptionsUpdate,
    async (given) => {
      await opened();
      const options = await explained(() =>
        files.setJobOptions.executeWithOptions({ summary: 'keep other job options' }, [{ identity, options: given }]),
      );
      update((now) => jobOptions(now, options));
      return { options };
    },
    { description: 'Other sbatch options for jobs submitted from now on; null takes one away, `resume` goes on' },
  );
  setHandler(
    messages.stopTrialUpdate,
    async (number) => {
      await trials.handle(number).signal(messages.trialStopSignal);
      return { stopping: number };
    },
    {
      description: 'Checkpoint one live trial and end it as pruned',
      validator: (number) => {
        if (live().some((trial) => trial.number === number)) return;
        const numbers = live()
          .map((trial) => trial.number)
          .join(', ');
        throw ApplicationFailure.nonRetryable(
          `trial ${String(number)} is not live; live trials: ${numbers || 'none'}`,
          'NoSuchTrial',
        );
      },
    },
  );
}

function wholeNumber(name: string, value: unknown, least: number, most: number): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return;
  throw ApplicationFailure.nonRetryable(
    `${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`,
    'InvalidArgument',
  );
}
