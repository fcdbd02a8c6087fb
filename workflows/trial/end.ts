/** What a trial does because it is meant to: a pause, an end, and the last words. */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancelledFailure,
  condition,
  getExternalWorkflowHandle,
  log,
  patched,
} from '@temporalio/workflow';
import { trialPausedSignal, type TrialEnded } from '../messages.ts';
import * as words from '../trial-words.ts';
import type { Final } from './memory.ts';
import { slurm, type TrialRun } from './run.ts';

/** P7: the intent was state before anything was pushed; here it becomes what the trial is. */
export async function obey(run: TrialRun): Promise<void> {
  const { intent } = run.memory;
  if (intent === 'pause') return await pause(run);
  if (intent === null) return;
  run.memory = {
    ...run.memory,
    final: { state: intent === 'cancel' ? 'cancelled' : 'pruned', reason: words.endedBy(intent) },
  };
}

/** The job is given back; the next one is a new submission, which reads the options anew and may go elsewhere. */
async function pause(run: TrialRun): Promise<void> {
  const { submission, jobId, ended } = run.memory;
  await endReplaced(run);
  await slurm.endJob({ ...run.base, submission, jobId, leaving: ended !== null, over: false });
  run.nextSubmission();
  run.memory = { ...run.memory, retry: null };
  run.enter('paused');
  run.say('paused');
  if (patched('trial-paused')) await tellPaused(run);
  await condition(() => run.memory.intent !== 'pause');
}

async function tellPaused({ base: { identity, number } }: TrialRun): Promise<void> {
  try {
    await getExternalWorkflowHandle(identity.sweepId).signal(trialPausedSignal, { number, identity });
  } catch (error) {
    log.info('the sweep is gone', { error: String(error) });
  }
}

export async function close(run: TrialRun, final: Final): Promise<TrialEnded> {
  run.enter(final.state);
  run.say(final.reason === '' ? final.state : `${final.state}: ${final.reason}`);
  const { memory, base, input } = run;
  const result: TrialEnded = {
    number: input.number,
    state: final.state,
    hyperparameters: input.hyperparameters,
    objective: memory.objective,
    metrics: memory.metrics,
    epoch: memory.position?.epoch ?? 0,
    step: memory.position?.step ?? 0,
    segments: memory.segment,
    resumes: memory.resumes,
    interruptions: memory.interruptions,
    reason: final.reason,
  };
  const { submission, jobId, segment } = memory;
  await endReplaced(run);
  await slurm.closeTrial.executeWithOptions({ summary: `${final.state}: end the job, merge rows, tell the sweep` }, [
    { ...base, submission, jobId, leaving: memory.ended !== null, over: true, segment, ended: result },
  ]);
  await condition(allHandlersFinished);
  if (final.state === 'failed') throw ApplicationFailure.nonRetryable(final.reason, final.type, result);
  if (run.memory.intent === 'cancel')
    throw new CancelledFailure(final.state === 'cancelled' ? final.reason : 'cancelled');
  return result;
}

/** P11: nobody else would end the job of a submission that has been given up for a newer one. */
async function endReplaced(run: TrialRun): Promise<void> {
  const { replaces } = run.memory;
  if (replaces === null) return;
  const reason = 'its trial no longer wants a job';
  await slurm.cancelStray.executeWithOptions({ summary: `cancel job ${replaces}: ${reason}` }, [
    { jobId: replaces, reason },
  ]);
  run.memory = { ...run.memory, replaces: null };
}
