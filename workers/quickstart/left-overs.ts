/** A quickstart that was killed leaves its sweep to the next one, which would train both: it is ended first. */
import type { Client } from '@temporalio/client';
import type { Scheduler } from '../../activities/scheduler/port.ts';
import { isLive } from '../../activities/scheduler/states.ts';

/** Workflows first: they would submit their jobs again. Files stay. @returns how many sweeps there were. */
export async function endLeftOvers(client: Client, scheduler: Scheduler): Promise<number> {
  let sweeps = 0;
  for (const type of ['sweep', 'trial']) {
    for await (const { workflowId } of client.workflow.list({ query: `WorkflowType="${type}" AND ExecutionStatus="Running"` })) {
      await client.workflow.getHandle(workflowId).terminate('left over by a quickstart that was killed').catch(() => {});
      if (type === 'sweep') sweeps += 1;
    }
  }
  const listed = await scheduler.list();
  const jobs = listed.kind === 'answer' ? listed.value.filter(isLive) : [];
  await Promise.all(jobs.map((job) => scheduler.cancel(job.jobId)));
  return sweeps;
}
