/** The sweep's activities: composition of sweep.yaml, samplers and results, each in its own folder. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { unretryable } from '../activities/errors.ts';
import { writeAtomically } from '../activities/files.ts';
import { sweepLayout } from '../activities/layout.ts';
import { changeOptions } from '../activities/results/job-options.ts';
import { claimDirectory } from '../activities/results/owner.ts';
import { readTrials } from '../activities/results/read-trials.ts';
import { appendTrials } from '../activities/results/record.ts';
import { writeResults } from '../activities/results/write-results.ts';
import { chooseSampler } from '../activities/samplers/choose.ts';
import type { Learner } from '../activities/samplers/learner.ts';
import { proposeBlind, trialSeed } from '../activities/samplers/propose.ts';
import { readPrior } from '../activities/samplers/warm-start.ts';
import { checkGiven } from '../activities/sweep-config/given.ts';
import { readJobOptions } from '../activities/sweep-config/job-options.ts';
import { readSweep } from '../activities/sweep-config/read.ts';
import type { ResolvedSweep } from '../activities/sweep-config/resolved-sweep.ts';
import { readStartInput } from '../activities/sweep-config/start-input.ts';
import type { TrialFile } from '../trainer/protocol.ts';
import type { AskInput, OpenedSweep, SweepActivities } from '../workflows/activities.ts';
import type { Hyperparameters, Identity } from '../workflows/messages.ts';
import { readResolved } from './resolved.ts';
import { withHeartbeats } from './sampler/heartbeat.ts';

export interface TemporalPort {
  missingSearchAttributes(namespace: string): Promise<string[]>;
  isClosed(workflowId: string): Promise<boolean>;
  /** Cancels trials of an earlier sweep of this name. @returns their numbers. */
  endLeftOvers(identity: Identity): Promise<number[]>;
}

export interface SweepActivityOptions {
  readonly root: string;
  readonly baseDirectory: string;
  readonly allowInline: boolean;
  readonly historyLimit: number | null;
  readonly temporal: TemporalPort;
  readonly learner: Learner;
}

export function createSweepActivities(options: SweepActivityOptions): SweepActivities {
  const { root, temporal } = options;
  return {
    openSweep: (input) => openSweep(options, input),
    ask: async (input) => {
      const sweep = await readResolved(root, input.identity);
      const answers: { number: number; hyperparameters: Hyperparameters }[] = [];
      for (const [index, hyperparameters] of (await propose(options.learner, sweep, input)).entries()) {
        const number = input.numbers[index]!;
        await writeTrial(root, sweep, number, hyperparameters);
        answers.push({ number, hyperparameters });
      }
      return answers;
    },
    record: async ({ identity, offset, trials }) => ({
      offset: await appendTrials(sweepLayout(root, identity.sweepId).trials, offset, trials),
    }),
    writeResults: async ({ identity, state }) => {
      await writeResults(sweepLayout(root, identity.sweepId), await readResolved(root, identity), state);
    },
    setJobOptions: async ({ identity, options: given }) => {
      const { space, conditions } = await readResolved(root, identity);
      const everyTrials = Object.keys(space).filter((name) => !Object.hasOwn(conditions, name));
      const read = readJobOptions(given, everyTrials);
      if (!read.ok) throw unretryable('InvalidJobOptions', read.message);
      return await changeOptions(sweepLayout(root, identity.sweepId).jobOptions, read.options);
    },
    checkHyperparameters: async ({ identity, hyperparameters }) => {
      const checked = checkGiven((await readResolved(root, identity)).space, hyperparameters);
      if (!checked.ok) throw unretryable('InvalidHyperparameters', checked.message);
      return checked.hyperparameters;
    },
    endedTrial: async ({ identity, number, offset }) => {
      const trials = await readTrials(sweepLayout(root, identity.sweepId).trials, offset);
      return trials.find((trial) => trial.number === number) ?? null;
    },
    closedTrials: async ({ identity, numbers }) => {
      const closed = await Promise.all(numbers.map((number) => temporal.isClosed(`${identity.sweepId}/${number}`)));
      return numbers.filter((_, index) => closed[index]);
    },
  };
}

async function propose(learner: Learner, sweep: ResolvedSweep, input: AskInput): Promise<Hyperparameters[]> {
  const { numbers, given, skipped, runId, offset, pending } = input;
  if (chooseSampler(sweep).kind !== 'learns') return proposeBlind(sweep, numbers, given, skipped);
  return await withHeartbeats(learner.propose({ sweep, runId, numbers, given, offset, pending }));
}

async function openSweep(
  options: SweepActivityOptions,
  input: { source: unknown; identity: Identity },
): Promise<OpenedSweep> {
  const { identity } = input;
  const { root, baseDirectory, allowInline, historyLimit } = options;
  const given = readStartInput(input.source);
  if (!given.ok) throw unretryable('InvalidSweep', given.message);
  const read = readSweep(given.source, { identity, baseDirectory, allowInline });
  if (!read.ok) {
    // A misspelt key is a warning by itself, and the cause of what is missing.
    const lines = [...read.problems.map((problem) => problem.text), ...read.warnings.map((text) => `warning: ${text}`)];
    throw unretryable('InvalidSweep', lines.join('\n'));
  }
  const { sweep, yaml, warnings } = read;
  const layout = sweepLayout(root, identity.sweepId);
  const context = Context.current();
  const before = (context.info.heartbeatDetails as readonly number[] | undefined) ?? []; // of the attempt before
  const leftOvers = await options.temporal.endLeftOvers(identity);
  const claim = await claimDirectory(root, identity);
  if (!claim.ok) {
    const message = [claim.message, ...tellOf(leftOvers)].join('\n');
    throw unretryable(claim.kind === 'taken' ? 'DirectoryTaken' : 'DirectoryUnusable', message);
  }
  // Tried again until they have ended: their workflow ids are wanted.
  if (leftOvers.length > 0) context.heartbeat([...new Set([...before, ...leftOvers])]);
  if (leftOvers.length > 0) throw ApplicationFailure.retryable(tellOf(leftOvers).join(), 'TrialsLeftOver');
  // A repeated open (retry, reset) keeps what the first one resolved: the file may have been edited since.
  if (!(await exists(layout.resolved))) {
    await writeAtomically(layout.yaml, yaml);
    const prior = given.from === null ? {} : { prior: await keepPrior(root, given.from, sweep) };
    await writeAtomically(layout.resolved, `${JSON.stringify({ ...sweep, ...prior }, null, 2)}\n`);
  }
  const { prior } = await readResolved(root, identity);
  const missing = await options.temporal.missingSearchAttributes(identity.namespace);
  const { temporal, method, metric, size } = sweep;
  return {
    directory: layout.directory,
    method,
    learns: chooseSampler(sweep).kind === 'learns',
    metric: metric && { name: metric.name, goal: metric.goal, target: metric.target },
    size,
    concurrency: temporal.concurrency,
    missingSearchAttributes: missing,
    warnings: [...tellOf(before), ...warnings, ...(prior === undefined ? [] : [priorWords(prior)])],
    historyLimit,
    trial: {
      heartbeatSeconds: temporal.heartbeatSeconds,
      ...(temporal.retries !== undefined && { retries: temporal.retries }),
      lostLaunches: temporal.lostLaunches,
      stalledSegments: temporal.stalledSegments,
      searchAttributes: missing.length === 0,
      metric: metric?.name ?? null,
    },
  };
}

function tellOf(leftOvers: readonly number[]): string[] {
  if (leftOvers.length === 0) return [];
  const which = leftOvers.length === 1 ? `trial ${leftOvers[0]}` : `trials ${leftOvers.join(', ')}`;
  return [`An earlier sweep of this name had ${which} still running (was it terminated?): told to checkpoint and end.`];
}

async function keepPrior(
  root: string,
  from: string,
  sweep: ResolvedSweep,
): Promise<NonNullable<ResolvedSweep['prior']>> {
  const read = await readPrior(root, from, sweep);
  if (!read.ok) throw unretryable('InvalidSweep', read.message);
  const { lines, outside } = read;
  await writeAtomically(sweepLayout(root, sweep.identity.sweepId).prior, lines.map((line) => `${line}\n`).join(''));
  return { from, known: lines.length, outside };
}

const priorWords = ({ from, known, outside }: NonNullable<ResolvedSweep['prior']>): string =>
  `${known} trials of ${from} known${outside === 0 ? '' : `, ${outside} outside of this space`}`;

async function writeTrial(
  root: string,
  sweep: ResolvedSweep,
  number: number,
  hyperparameters: Hyperparameters,
): Promise<void> {
  const { temporal, identity } = sweep;
  const layout = sweepLayout(root, identity.sweepId).trial(number);
  const threads = String(temporal.threads);
  const file: TrialFile = {
    number,
    hyperparameters: hyperparameters as TrialFile['hyperparameters'],
    seed: trialSeed(temporal.seed, number),
    // P5: each of these selects another trajectory, and the default thread count would follow the job's CPU affinity.
    environment: {
      TF_NUM_INTRAOP_THREADS: threads,
      TF_NUM_INTEROP_THREADS: threads,
      TF_ENABLE_ONEDNN_OPTS: '1',
      OMP_NUM_THREADS: threads,
    },
  };
  await mkdir(dirname(layout.trial), { recursive: true, mode: 0o700 });
  await writeAtomically(layout.trial, `${JSON.stringify(file, null, 2)}\n`);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
