/** What a user may change of a running sweep, each with what it may be. */
import { ApplicationFailure, proxyActivities, setHandler } from '@temporalio/workflow';
import type { SweepActivities } from './activities.ts';
import { explained } from './failures.ts';
import * as messages from './messages.ts';
import type { Hyperparameters, Identity, TrialEnded } from './messages.ts';
import { enqueued, isOver, jobOptions, MAX_CONCURRENCY, type Live, type Sweep } from './sweep-state.ts';
import type { Trials } from './sweep-trials.ts';

export interface Updatable {
  readonly identity: Identity;
  readonly trials: Trials;
  /** Resolves when sweep.yaml has been read; an update that comes before waits for it, and fails with the sweep if that fails. */
  opened(): Promise<void>;
  update(edit: (sweep: Sweep) => Sweep): void;
  /** Once `opened()`. */
  now(): Sweep;
  live(): readonly Live[];
}

const files = proxyActivities<SweepActivities>({ startToCloseTimeout: '2 minutes', retry: { maximumAttempts: 3 } });

export function handleUpdates({ identity, trials, opened, update, now, live }: Updatable): void {
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
  const enqueue = (hyperparameters: Hyperparameters): { queued: number } => {
    if (now().cancelled || isOver(now()))
      throw refused('SweepOver', 'the sweep is over; start another, such as with `--from` this one');
    update((was) => enqueued(was, hyperparameters));
    return { queued: now().queued.length };
  };
  setHandler(
    messages.enqueueTrialUpdate,
    async (given) => {
      await opened();
      const checked = await explained(() =>
        files.checkHyperparameters.executeWithOptions({ summary: 'check hyperparameters of a user' }, [
          { identity, hyperparameters: given },
        ]),
      );
      return enqueue(checked);
    },
    { description: 'One more trial, with these hyperparameters; what is left out is for the sampler' },
  );
  setHandler(
    messages.retryTrialUpdate,
    async (number) => {
      await opened();
      const ended = now().unrecorded.find((trial) => trial.number === number) ?? (await lookUp(number));
      if (ended?.state === 'failed' || ended?.state === 'cancelled') return enqueue(ended.hyperparameters);
      const what = live().some((trial) => trial.number === number) ? 'live' : (ended?.state ?? 'not there');
      throw refused(
        'NoSuchTrial',
        `trial ${String(number)} is ${what}; only failed and cancelled ones are tried again`,
      );
    },
    {
      description: 'One more trial, with the hyperparameters of a failed or cancelled one',
      validator: (number) => wholeNumber('trial', number, 1, Number.MAX_SAFE_INTEGER),
    },
  );
  const lookUp = (number: number): Promise<TrialEnded | null> =>
    files.endedTrial.executeWithOptions({ summary: `look up trial ${number}` }, [
      { identity, number, offset: now().offset },
    ]);
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
        throw refused('NoSuchTrial', `trial ${String(number)} is not live; live trials: ${numbers || 'none'}`);
      },
    },
  );
}

const refused = (type: string, message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, type);

function wholeNumber(name: string, value: unknown, least: number, most: number): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return;
  throw refused(
    'InvalidArgument',
    `${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`,
  );
}
