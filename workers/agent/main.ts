/**
 * The life of an agent: trainer first, SDK second; announce, train, leave.
 *
 * P3 its first word is `allocationStarted`, its last `allocationEnded`.
 * P2 the Worker polls the queue of this allocation only and is shut down before `train` ends.
 * P11 it leaves at once: lingering costs KillWait at the next requeue.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { trialLayout } from '../../activities/layout.ts';
import { ENVIRONMENT, type TrialFile } from '../../trainer/protocol.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { allocationOf, readJobFile, type JobFile } from '../job-file.ts';
import { withNodeOptions } from './command.ts';
import { createJobEnd } from './job-end.ts';
import { listen } from './notice.ts';
import { newestSegment } from './segment.ts';
import { createTrace, traceTrainer } from './trace.ts';
import { startTrainer, type TrainerProcess } from './trainer-process.ts';

export async function runAgent(jobPath: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const job = readJobFile(jobPath);
  const allocation = allocationOf(job, environment);
  const files = trialLayout(job.trialDirectory).allocation(allocation);
  mkdirSync(files.directory, { recursive: true, mode: 0o700 });
  const trace = createTrace(environment['TEMPORAL_SWEEP_TRACE'], allocation);
  trace('agent process', performance.timeOrigin);
  const jobEnd = createJobEnd(environment, allocation);
  const notices = listen(files.notice, job.leadSeconds, jobEnd.current);
  notices.subscribe(() => trace('notice'));
  writeFileSync(files.ready, String(process.pid));
  const trainer = await spawnTrainer(job, environment);
  trace('trainer spawned');
  trainer.subscribe(traceTrainer(trace));
  try {
    const { serve } = await import('./serve.ts'); // the SDK behind it takes longer to load than all the rest
    trace('SDK imported');
    const node = environment['SLURMD_NODENAME'] ?? hostname();
    const left = await serve({ job, allocation, notices, jobEnd, trainer, node, trace });
    trace('leaving');
    if (left.told) writeFileSync(files.ended, '');
    return left.exitCode;
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
  const command = withNodeOptions(job.command, job.directory, {
    signals: import.meta.resolve('../../trainer/signals.js'),
    preload: import.meta.resolve('../../trainer/preload.js'),
    typescript: import.meta.resolve('../../trainer/typescript.js'),
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
