/** The trial's handlers: set before the first await, they only change state (P7) and cancel strays (P1, P3). */
import { CancellationScope, log, patched, setHandler } from '@temporalio/workflow';
import * as messages from '../messages.ts';
import type { Identity, TrialStatus } from '../messages.ts';
import { start } from '../race.ts';
import * as change from '../trial-state.ts';
import * as words from '../trial-words.ts';
import { slurm, type TrialRun } from './run.ts';

export function setHandlers(run: TrialRun): void {
  const intend = (intent: messages.Intent): void => void (run.memory = change.intend(run.memory, intent));

  setHandler(messages.allocationStartedSignal, (started) => {
    const before = run.memory.submission;
    const result = change.announced(run.memory, started);
    run.memory = result.trial;
    if (result.verdict === 'stray') cancelStray(started.jobId, result.reason);
    // News of an older incarnation or submission.
    if (result.verdict === 'accepted' || result.trial.submission !== before) run.ended = run.over = null;
  });
  setHandler(messages.allocationEndedSignal, (news) => {
    if (change.concerns(run.memory, news)) run.ended = news;
  });
  setHandler(messages.jobChangedSignal, (news, identity) => {
    if (identity !== undefined && !isOurs(run, identity)) return;
    if (change.jobOver(run.memory, news)) run.over = news;
    else if (change.isHeldForUs(run.memory, news) && patched('held-asks-again')) run.askAgain = true;
    else if (run.memory.jobId === news.jobId && run.memory.allocation === null)
      run.say(`${words.waitSummary(run.memory)} (${news.state}, ${news.reason})`);
  });
  setHandler(messages.trialPauseSignal, () => intend('pause'), {
    description: 'Checkpoint and give the job back; `resume` goes on from there',
  });
  setHandler(
    messages.trialResumeSignal,
    () => {
      run.resumed = true;
      if (run.memory.intent === 'pause') run.memory = { ...run.memory, intent: null };
    },
    { description: 'End a pause, or try a refused submission again' },
  );
  setHandler(messages.trialStopSignal, () => intend('stop'), {
    description: 'Checkpoint and end the trial as `pruned`',
  });
  setHandler(messages.trialStatusQuery, () => statusOf(run), {
    description: 'State, job, position and what the trial waits for',
  });
  // A cancellation of the workflow is an intent like any other (P7); everything else runs outside its reach.
  void CancellationScope.current().cancelRequested.catch(() => intend('cancel'));
}

/** Names alone are no identities: two sweeps of one name have trials of one name. */
function isOurs(run: TrialRun, other: Identity): boolean {
  const { namespace, sweepId, firstRunId } = run.input.identity;
  return other.namespace === namespace && other.sweepId === sweepId && other.firstRunId === firstRunId;
}

function statusOf(run: TrialRun): TrialStatus {
  const { memory, input } = run;
  return {
    sweepId: input.identity.sweepId,
    number: input.number,
    state: run.state,
    hyperparameters: input.hyperparameters,
    submission: memory.submission,
    jobId: memory.jobId,
    restartCount: memory.allocation?.restartCount ?? null,
    node: memory.allocation?.node ?? null,
    segments: memory.segment,
    resumes: memory.resumes,
    position: memory.position,
    objective: memory.objective,
    interruptions: memory.interruptions,
    activity: run.activity,
  };
}

function cancelStray(jobId: string, reason: string): void {
  log.warn('stray allocation', { jobId, reason });
  start(() =>
    CancellationScope.nonCancellable(() =>
      slurm.cancelStray.executeWithOptions({ summary: `cancel stray job ${jobId}: ${reason}` }, [{ jobId, reason }]),
    ),
  );
}
