/**
 * The life of an agent: trainer first, SDK second; announce, train, leave.
 *
 * P3 its first word is `allocationStarted`, its last `allocationEnded`.
 * P2 the Worker polls the queue of this allocation only and is shut down before `train` ends.
 * P11 it leaves at once: lingering costs KillWait at the next requeue.
 */
import { hostname } from 'node:os';
import { mkdirSync, writeFileSync } from 'node:fs';
import { trialLayout } from '../../activities/layout.ts';
import { ENVIRONMENT, type TrialFile } from '../../trainer/protocol.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { PROTOCOL, type Allocation, type AllocationEnded, type Outcome } from '../../workflows/messages.ts';
import { allocationOf, readJobFile, taskQueue, workflowId, type JobFile } from '../job-file.ts';
import { withNodeOptions } from './command.ts';
import { listen, type Notices } from './notice.ts';
import { newestSegment } from './segment.ts';
import { startTrainer, type TrainerProcess } from './trainer-process.ts';
import { readFileSync } from 'node:fs';

/** A net only: an agent that is never granted work gives its node back. */
const IDLE_LIMIT = 10 * 60_000;
/** How long the end is told before the agent leaves all the same; the outcome is on disk. */
const TELL_LIMIT = 20_000;
/** The exit code of an interrupted agent, as in wandb_preempt and submitit: not 0, not an error of the program. */
const INTERRUPTED = 85;

export async function runAgent(jobPath: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const job = readJobFile(jobPath);
  const allocation = allocationOf(job, environment);
  const files = trialLayout(job.trialDirectory).allocation(allocation);
  mkdirSync(files.directory, { recursive: true, mode: 0o700 });
  const notices = listen(files.notice, job.leadSeconds, endTime(environment));
  writeFileSync(files.ready, String(process.pid));
  const trainer = await spawnTrainer(job, environment);
  try {
    const { exitCode, ended } = await serve(job, allocation, notices, trainer, environment);
    if (ended) writeFileSync(files.ended, '');
    return exitCode;
  } finally {
    notices.close();
    await trainer.kill();
  }
}

/** The trainer loads, builds its model and reads the likely checkpoint while the SDK is imported. */
async function spawnTrainer(job: JobFile, environment: NodeJS.ProcessEnv): Promise<TrainerProcess> {
  const layout = trialLayout(job.trialDirectory);
  const pinned = (JSON.parse(readFileSync(layout.trial, 'utf8')) as TrialFile).environment;
  const { point } = await findResumePoint(layout.segments, await newestSegment(job.trialDirectory));
  const command = withNodeOptions(job.command, {
    signals: import.meta.resolve('../../trainer/signals.js'),
    preload: import.meta.resolve('../../trainer/preload.js'),
    tsx: import.meta.resolve('tsx'),
  });
  return startTrainer(command, job.directory, {
    ...environment,
    ...pinned,
    TEMPORAL_SWEEP_CHECKPOINT_SECONDS: String(job.checkpointSeconds),
    [ENVIRONMENT.trial]: layout.trial,
    ...(point !== null && { [ENVIRONMENT.candidate]: point.file }),
  });
}

async function serve(
  job: JobFile,
  allocation: Allocation,
  notices: Notices,
  trainer: TrainerProcess,
  environment: NodeJS.ProcessEnv,
): Promise<{ exitCode: number; ended: boolean }> {
  const { connectAgent } = await import('./connect.ts');
  const { createTrain } = await import('./train.ts');
  const { tell } = await import('./tell.ts');
  const node = environment['SLURMD_NODENAME'] ?? hostname();
  const queue = taskQueue(job, allocation);
  let granted: { segment: number; outcome: Outcome } | null = null;
  let busy = false;

  const train = createTrain({ job, allocation, node, notices, trainer, leave: (told) => leave(told) });
  const connected = await connectAgent(job.identity.namespace, queue, {
    train: (input) => {
      busy = true;
      return train.train(input);
    },
  });
  const leave = (told: { segment: number; outcome: Outcome } | null): void => {
    granted = told;
    connected.stop();
  };
  const running = connected.run();
  notices.subscribe(() => void (busy || leave(null)));
  const idle = setTimeout(() => void (busy || leave(null)), IDLE_LIMIT);

  const { client } = connected;
  const { jobId, restartCount, submission } = allocation;
  const started = { ...allocation, protocol: PROTOCOL, node, taskQueue: queue };
  const announced = await tell(client, workflowId(job), 'allocationStarted', started, notices.current()?.deadline ?? Date.now() + IDLE_LIMIT);
  if (announced === 'trial over') leave(null);

  // The result is reported by the Worker; the end is told when that is through, or beside it when Temporal is slow.
  await Promise.race([running, untilStopped(connected, 1_000)]);
  clearTimeout(idle);
  const end = granted as { segment: number; outcome: Outcome } | null;
  const news: AllocationEnded = {
    submission,
    jobId,
    restartCount,
    segment: end?.segment ?? null,
    outcome: end?.outcome ?? null,
    why: 'agent',
    code: null,
  };
  const told = announced === 'trial over' ? announced : await tell(client, workflowId(job), 'allocationEnded', news, Date.now() + TELL_LIMIT);
  await Promise.race([running, untilStopped(connected, 1_000)]);
  return { exitCode: end?.outcome.status === 'completed' ? 0 : end?.outcome.status === 'failed' ? 1 : INTERRUPTED, ended: told !== 'given up' };
}

async function untilStopped(connected: { readonly stopped: Promise<void> }, milliseconds: number): Promise<void> {
  await connected.stopped;
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** SLURM tells it from 23.x on; seconds since the epoch. */
function endTime(environment: NodeJS.ProcessEnv): number | null {
  const seconds = Number(environment['SLURM_JOB_END_TIME']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
}
