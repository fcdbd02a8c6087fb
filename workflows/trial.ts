/**
 * One trial: owns one SLURM job at a time and goes from segment to segment until its trainer says `completed`.
 *
 * P7  intent is re-read after every await.
 */
import { allHandlersFinished, CancellationScope, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { TrialInput } from './activities.ts';
import type { TrialEnded } from './messages.ts';
import { close, obey } from './trial/end.ts';
import { setHandlers } from './trial/handlers.ts';
import { getJob, prepareRetry } from './trial/job.ts';
import type { Trial } from './trial/memory.ts';
import { TrialRun } from './trial/run.ts';
import { trainSegment } from './trial/segment.ts';

/** @param carried only given by the trial itself when it continues as new. */
export async function trial(input: TrialInput, carried?: Trial): Promise<TrialEnded> {
  const run = new TrialRun(input, carried);
  setHandlers(run);
  return await CancellationScope.nonCancellable(async () => {
    for (;;) {
      run.spendLaunches();
      const { final, intent, allocation, retry } = run.memory;
      if (final !== null) return await close(run, final);
      if (intent !== null) await obey(run);
      else if (allocation !== null) await trainSegment(run, allocation);
      else if (retry !== null) await prepareRetry(run, retry);
      else if (workflowInfo().continueAsNewSuggested) await renew(run);
      else await getJob(run);
    }
  });
}

async function renew(run: TrialRun): Promise<never> {
  await condition(allHandlersFinished);
  return await continueAsNew<typeof trial>(run.input, run.memory);
}
