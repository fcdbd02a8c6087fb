/**
 * What a quickstart that was killed leaves behind: its Temporal server, whose ports the next one does not want but whose
 * database it does, and its sweep, which the next one would train beside its own. Both are ended first.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Job, Scheduler } from '../../activities/scheduler/port.ts';
import { isLive } from '../../activities/scheduler/states.ts';
import { endAll } from '../stack/daemon.ts';
import { identify, runs, type ProcessIdentity } from '../stack/process-table.ts';

/** Ids of the quickstart's sweeps begin so; a user's own on the same database are left alone. */
export const PREFIX = 'quickstart-';
/** Name of the job that preempts. */
export const URGENT = 'quickstart-urgent';

interface Owner {
  readonly quickstart: ProcessIdentity | null;
  readonly server: ProcessIdentity | null;
}

const ownerFile = (directory: string): string => join(directory, 'quickstart.json');

/** Remembers who runs on the directory. `serverPid` is null before the server runs. */
export function own(directory: string, serverPid: number | null): void {
  const owner: Owner = { quickstart: identify(process.pid), server: serverPid === null ? null : identify(serverPid) };
  writeFileSync(ownerFile(directory), `${JSON.stringify(owner)}\n`);
}

/** @throws Error when another quickstart runs on the directory. */
export async function takeOver(directory: string): Promise<void> {
  const { quickstart, server } = readOwner(directory);
  if (quickstart !== null && runs(quickstart)) {
    throw new Error(
      `a quickstart already runs on ${directory} (process ${quickstart.pid}). Wait for its end, or name another: --directory DIR`,
    );
  }
  if (server !== null) await endAll([server], 10_000);
  own(directory, null);
}

function readOwner(directory: string): Owner {
  try {
    return JSON.parse(readFileSync(ownerFile(directory), 'utf8')) as Owner;
  } catch {
    return { quickstart: null, server: null };
  }
}

/** Workflows first: they would submit their jobs again. Files stay. @returns how many sweeps there were. */
export async function endLeftOvers(client: Client, scheduler: Scheduler): Promise<number> {
  let sweeps = 0;
  for (const type of ['sweep', 'trial']) {
    const query = `WorkflowType="${type}" AND ExecutionStatus="Running" AND WorkflowId STARTS_WITH "${PREFIX}"`;
    for await (const { workflowId } of client.workflow.list({ query })) {
      await client.workflow
        .getHandle(workflowId)
        .terminate('left over by a quickstart that was killed')
        .catch(() => {});
      if (type === 'sweep') sweeps += 1;
    }
  }
  await cancelJobs(scheduler, isOurs);
  for (const until = Date.now() + 15_000; Date.now() < until; await delay(100)) {
    const listed = await scheduler.list();
    if (listed.kind === 'answer' && !listed.value.some((job) => isLive(job) && isOurs(job))) break;
  }
  return sweeps;
}

export const isOurs = (job: Pick<Job, 'name'>): boolean => job.name.startsWith(PREFIX);

export async function cancelJobs(scheduler: Scheduler, which: (job: Job) => boolean): Promise<void> {
  const listed = await scheduler.list();
  const jobs = listed.kind === 'answer' ? listed.value.filter((job) => isLive(job) && which(job)) : [];
  await Promise.all(jobs.map((job) => scheduler.cancel(job.jobId)));
}
