/** The trial's activities: composition of the scheduler, the job script and the trial's directory. */
import { mkdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { writeAtomically } from '../activities/files.ts';
import { sweepLayout } from '../activities/layout.ts';
import { isOwner } from '../activities/results/owner.ts';
import { endJob } from '../activities/scheduler/end-job.ts';
import { ensureJob, type EnsureJobDeps } from '../activities/scheduler/ensure-job.ts';
import { excluding } from '../activities/scheduler/exclude.ts';
import { renderJobScript } from '../activities/scheduler/job-script.ts';
import { createClusterMemory } from '../activities/scheduler/policy.ts';
import type { JobRequest, Scheduler } from '../activities/scheduler/port.ts';
import { readSbatchLines } from '../activities/scheduler/sbatch-lines.ts';
import { token } from '../activities/scheduler/token.ts';
import { forget, writeEntry } from '../activities/scheduler/watch.ts';
import { readChangedOptions } from '../activities/results/job-options.ts';
import { keepWithin } from '../activities/results/budget.ts';
import { findVerified } from '../activities/results/verified.ts';
import { readTrials } from '../activities/results/read-trials.ts';
import { argumentsJson, needsArgumentsFile, renderCommand } from '../activities/sweep-config/command.ts';
import { withJobOptions } from '../activities/sweep-config/job-options.ts';
import { withParameters } from '../activities/sweep-config/slurm-references.ts';
import { PROTOCOL } from '../workflows/messages.ts';
import type { CloseTrialInput, EndJobInput, EnsureJobInput, SlurmActivities } from '../workflows/activities.ts';
import type { JobFile } from './job-file.ts';
import { fitLead, readPace } from './lead-time.ts';
import { nodeProgram } from './package-root.ts';
import { readResolved } from './resolved.ts';
import type { SignallingPort } from './plugin/temporal-port.ts';
import { trialEnvironment } from './trial-environment.ts';
import { closeViews, readSegment } from './views.ts';

export interface SlurmActivityOptions {
  readonly root: string;
  readonly scheduler: Scheduler;
  readonly temporal: Pick<SignallingPort, 'trialEnded'>;
  readonly clockMarginMs: number;
}

export function createSlurmActivities(options: SlurmActivityOptions): SlurmActivities {
  const { root, scheduler, temporal } = options;
  const memory = createClusterMemory();
  const end = (input: EndJobInput, say: Say): Promise<void> =>
    endJob({ ...surroundings(options, say), forget: () => forget(root, input.identity, input.number) }, input);
  return {
    ensureJob: (input) =>
      alive(async (say) => {
        const { requeue: policy } = (await readResolved(root, input.identity)).temporal;
        return await ensureJob({ ...surroundings(options, say), memory, policy }, input);
      }),
    endJob: (input) => alive((say) => end(input, say)),
    cancelStray: async ({ jobId }) => {
      const result = await scheduler.cancel(jobId);
      // P1: it must not work; Temporal asks again until SLURM has heard.
      if (result.kind === 'unknown') throw new Error(`job ${jobId} could not be cancelled yet: ${result.message}`);
    },
    closeTrial: (input) =>
      alive(async (say) => {
        await end(input, say);
        let { ended } = input;
        // A user may have moved the directory away, and another sweep of that name may have made its own.
        if (await isOwner(root, input.identity)) {
          const trial = sweepLayout(root, input.identity.sweepId).trial(input.number);
          ended = { ...ended, verified: await findVerified(root, await trialEnvironment(trial, input.segment)) };
          const warnings = await closeViews(trial, input.segment);
          for (const warning of [...warnings, ...(await keepBudget(root, input))]) Context.current().log.warn(warning);
        }
        await temporal.trialEnded(input.identity, ended);
      }),
    readSegment: ({ identity, number, segment }) =>
      readSegment(sweepLayout(root, identity.sweepId).trial(number), segment),
  };
}

/** @returns warnings: a disk that cannot be tidied must not keep a trial from being closed. */
async function keepBudget(root: string, { identity, number, ended }: CloseTrialInput): Promise<string[]> {
  try {
    const { temporal, metric } = await readResolved(root, identity);
    if (typeof temporal.checkpointBytes !== 'number') return [];
    const layout = sweepLayout(root, identity.sweepId);
    const others = (await readTrials(layout.trials)).filter((trial) => trial.number !== number);
    await keepWithin(layout, [...others, ended], temporal.checkpointBytes, metric?.goal ?? 'minimize');
    return [];
  } catch (error) {
    return [`checkpoint_budget of ${identity.sweepId}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

const BEAT = 2_000;

/** What the work waits for: a person sees it beside the pending activity. */
type Say = (word: string) => void;

/** Beats while the work goes on: one SLURM command may take half a minute, but a worker that died must be noticed sooner. */
async function alive<T>(work: (say: Say) => Promise<T>): Promise<T> {
  const context = Context.current();
  let last: string | undefined;
  const timer = setInterval(() => context.heartbeat(last), BEAT);
  try {
    return await work((word) => context.heartbeat((last = word)));
  } finally {
    clearInterval(timer);
  }
}

/** What ensureJob and endJob ask of the world, inside the running activity. */
function surroundings({ root, scheduler, clockMarginMs }: SlurmActivityOptions, say: Say): EnsureJobDeps {
  const context = Context.current();
  return {
    scheduler,
    clockMarginMs,
    writeWatch: (watched) => writeEntry(root, watched),
    submitRequest: (input) => submitRequest(root, scheduler, input),
    sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal === undefined ? {} : { signal }),
    now: Date.now,
    heartbeat: say,
    log: (message) => context.log.info(message),
    signal: context.cancellationSignal,
    isUnwanted: () => context.cancellationDetails?.cancelRequested === true,
  };
}

/** Writes `job.json` and the job script; P14: all of it from the sweep's own sweep.json, nothing from a message. */
async function submitRequest(root: string, scheduler: Scheduler, input: EnsureJobInput): Promise<JobRequest> {
  const { identity, number, submission } = input;
  const sweep = await readResolved(root, identity);
  const trial = sweepLayout(root, identity.sweepId).trial(number);
  const files = trial.submission(submission);
  await mkdir(files.directory, { recursive: true, mode: 0o700 });
  await mkdir(trial.segments, { recursive: true, mode: 0o700 });
  const { hyperparameters } = JSON.parse(await readFile(trial.trial, 'utf8')) as {
    hyperparameters: EnsureHyperparameters;
  };
  if (needsArgumentsFile(sweep)) await writeAtomically(trial.arguments, argumentsJson(sweep, hyperparameters));
  const { temporal } = sweep;
  const leadSeconds = temporal.leadSeconds ?? fitLead(await readPace(trial.directory));
  const job: JobFile = {
    protocol: PROTOCOL,
    identity,
    number,
    submission,
    trialDirectory: trial.directory,
    command: renderCommand(sweep, hyperparameters, { environment: process.env, argumentsFile: trial.arguments }),
    directory: sweep.directory,
    metric: sweep.metric?.name ?? null,
    heartbeatSeconds: temporal.heartbeatSeconds,
    checkpointSeconds: temporal.checkpointSeconds,
    leadSeconds,
  };
  await writeAtomically(files.job, `${JSON.stringify(job, null, 2)}\n`);
  const changed = await readChangedOptions(sweepLayout(root, identity.sweepId).jobOptions);
  const launch = temporal.launch === null ? null : await readLaunch(temporal.launch);
  const script = renderJobScript({
    nodePath: process.execPath,
    agentPath: nodeProgram('agent'),
    reporterPath: nodeProgram('report-end'),
    jobFile: files.job,
    allocationsDirectory: `${trial.directory}/allocations`,
    launch,
    cpusPerTask: temporal.threads,
    step: scheduler.kind === 'local' ? 'local' : 'srun',
    comment: token(identity, number, submission),
  });
  await writeAtomically(files.script, script, 0o700);
  return {
    name: token(identity, number, submission),
    script: files.script,
    directory: sweep.directory,
    output: files.output,
    options: excluding(
      withParameters(withJobOptions(temporal.slurm, changed), sweep.space, hyperparameters),
      launch?.sbatchLines ?? [],
      input.excludeNodes ?? [],
    ),
    leadSeconds,
  };
}

type EnsureHyperparameters = Parameters<typeof renderCommand>[1];

async function readLaunch(path: string): Promise<{ path: string; sbatchLines: readonly string[] }> {
  const { lines, warnings } = readSbatchLines(await readFile(path, 'utf8'));
  for (const warning of warnings) Context.current().log.warn(`${path}: ${warning}`);
  return { path, sbatchLines: lines };
}
