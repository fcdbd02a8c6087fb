/**
 * One trial: owns one SLURM job at a time and goes from segment to segment until its trainer says `completed`.
 *
 * P1  jobs are asked for by (trial, submission) only.
 * P3  `train` is scheduled for the newest announced allocation, on that allocation's own queue.
 * P7  intent is re-read after every await.
 * P9  a job's end is believed from its agent, its script or SLURM's record; a silent job is asked after, not failed.
 */
import {
  ActivityCancellationType,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { AgentActivities, EnsureJobResult, SlurmActivities, TrialInput } from './activities.ts';
import { isTimeout, neverTaken, rootMessage, trainerFailure } from './failures.ts';
import * as messages from './messages.ts';
import type { AllocationEnded, AllocationStarted, JobChanged, Outcome, TrialEnded, TrialState } from './messages.ts';
import { start, waitFor, type Task } from './race.ts';
import { attributes } from './search-attributes.ts';
import * as change from './trial-state.ts';
import { newTrial, type Trial } from './trial-state.ts';
import * as words from './trial-words.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** P10: a trial without news asks by itself, backing off. */
const FIRST_RECHECK = 10 * MINUTE;
const LONGEST_RECHECK = 60 * MINUTE;
/** How long an agent may take to checkpoint and leave after a push before the trial ends its job. */
const LEAVE = 2 * MINUTE;
/** How long an ensureJob that is no longer wanted may take to stop. */
const QUIET = 30 * SECOND;
/** How long the news of a job that ensureJob found ended may take. */
const OVERDUE = 20 * SECOND;

const slurm = proxyActivities<SlurmActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds', // short: a control worker that dies between sbatch and its answer delays the trial by this
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED, // an sbatch under way must not outlive the trial
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

export async function trial(input: TrialInput, carried?: Trial): Promise<TrialEnded> {
  const { identity, number, settings } = input;
  const base = { identity, number };
  let memory: Trial = carried ?? newTrial;
  let state: TrialState = memory.segment === 0 ? 'waiting' : 'preempted';
  let activity = 'starting';
  /** News that the loop has not looked at yet. */
  let ended: AllocationEnded | null = null;
  let over: JobChanged | null = null;
  let resumed = false;
  let recheck = FIRST_RECHECK;

  // --- handlers: set before the first await, they only change state ---
  setHandler(messages.allocationStartedSignal, (started: AllocationStarted) => {
    const before = memory.submission;
    const result = change.announced(memory, started);
    memory = result.trial;
    if (result.verdict === 'stray') cancelStray(started.jobId, result.reason);
    // News of an older incarnation or submission.
    if (result.verdict === 'accepted' || result.trial.submission !== before) ended = over = null;
  });
  setHandler(messages.allocationEndedSignal, (news: AllocationEnded) => {
    if (change.concerns(memory, news)) ended = news;
  });
  setHandler(messages.jobChangedSignal, (news: JobChanged) => {
    if (change.jobOver(memory, news)) over = news;
    else if (memory.jobId === news.jobId && memory.allocation === null)
      say(`${words.waitSummary(memory)} (${news.state}, ${news.reason})`);
  });
  setHandler(messages.trialPauseSignal, () => void (memory = change.intend(memory, 'pause')), {
    description: 'Checkpoint and give the job back; `resume` goes on from there',
  });
  setHandler(
    messages.trialResumeSignal,
    () => {
      resumed = true;
      if (memory.intent === 'pause') memory = { ...memory, intent: null };
    },
    { description: 'End a pause, or try a refused submission again' },
  );
  setHandler(messages.trialStopSignal, () => void (memory = change.intend(memory, 'stop')), {
    description: 'Checkpoint and end the trial as `pruned`',
  });
  setHandler(
    messages.trialStatusQuery,
    () => ({
      sweepId: identity.sweepId,
      number,
      state,
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
      activity,
    }),
    { description: 'State, job, position and what the trial waits for' },
  );

  // A cancellation of the workflow is an intent like any other (P7); everything else runs outside its reach.
  void CancellationScope.current().cancelRequested.catch(() => {
    memory = change.intend(memory, 'cancel');
  });
  return await CancellationScope.nonCancellable(run);

  async function run(): Promise<TrialEnded> {
    while (memory.final === null) {
      memory = change.launchBudget(memory, settings);
      if (memory.final !== null) break;
      if (memory.intent !== null) await obey();
      else if (memory.allocation !== null) await trainSegment();
      else if (workflowInfo().continueAsNewSuggested) await renew();
      else await getJob();
    }
    return await close();
  }

  // --- a job ---

  async function getJob(): Promise<void> {
    say(words.ensureSummary(memory));
    const asked = memory;
    const call: Task<EnsureJobResult> = start(() =>
      slurm.ensureJob.executeWithOptions({ summary: words.ensureSummary(asked) }, [
        { ...base, submission: asked.submission, jobId: asked.jobId, last: asked.ended },
      ]),
    );
    // An announcement is acted on even while ensureJob runs (P3); so is an intent (P7).
    await condition(() => call.state().kind !== 'pending' || interruptedWait(asked));
    const answer = call.state();
    call.abandon();
    // An intent ends the job: what is asked of SLURM right now must be through before that.
    if (answer.kind === 'pending' && memory.intent !== null)
      await waitFor(() => call.state().kind !== 'pending', QUIET, 'waiting until SLURM is no longer asked for a job');
    if (answer.kind === 'error')
      memory = { ...memory, final: { state: 'failed', type: 'SchedulerError', reason: rootMessage(answer.error) } };
    if (answer.kind === 'value' && memory.submission === asked.submission) await take(answer.value);
  }

  function interruptedWait(asked: Trial): boolean {
    return memory.allocation !== null || memory.intent !== null || memory.submission !== asked.submission;
  }

  async function take(result: EnsureJobResult): Promise<void> {
    switch (result.kind) {
      case 'queued':
        if (memory.jobId === null) memory = { ...memory, jobId: result.jobId }; // P1: the first id is the one
        if (memory.allocation === null) await waitForAgent(change.isOver(result.state) ? result : null);
        return;
      case 'cancelled':
        memory = { ...memory, jobId: result.jobId, final: { state: 'cancelled', reason: result.reason } };
        return;
      case 'resubmit':
        memory = change.launchBudget({ ...memory, lost: memory.lost + 1 }, settings);
        nextSubmission();
        log.info('next submission', { reason: result.reason });
        return;
      case 'limited':
      case 'rejected':
        await waitForResume(result.message);
        return;
    }
  }

  /** @param found what ensureJob found ended without knowing why: its news is on the way, or was lost. */
  async function waitForAgent(found: Extract<EnsureJobResult, { kind: 'queued' }> | null): Promise<void> {
    enter(memory.segment === 0 ? 'waiting' : 'preempted');
    say(words.waitSummary(memory));
    const asked = memory;
    const news = (): boolean => interruptedWait(asked) || ended !== null || over !== null;
    if (!(await waitFor(news, found === null ? recheck : OVERDUE, words.waitSummary(memory)))) {
      if (found !== null) {
        const { jobId, restartCount, state: word } = found;
        launchEnded(`SLURM says ${word}`, { submission: memory.submission, jobId, restartCount, known: 'seen' });
        return;
      }
      recheck = Math.min(2 * recheck, LONGEST_RECHECK);
      return; // ask ensureJob: the poller may be gone
    }
    recheck = FIRST_RECHECK;
    if (interruptedWait(asked)) return;
    if (ended !== null) launchEnded(ended.why, { ...ended, known: 'reported' });
    else if (over !== null)
      launchEnded(`SLURM says ${over.state}`, { ...over, submission: memory.submission, known: 'seen' });
  }

  function launchEnded(why: string, news: Omit<change.Ended, 'why'>): void {
    const { submission, jobId, restartCount, known } = news;
    const code = ended?.code ?? null;
    const told = code === null || code === 0 ? why : `${why}, exit code ${code}`;
    ended = null;
    over = null;
    memory = change.launchBudget(
      change.allocationOver(memory, { submission, jobId, restartCount, known, why: told }),
      settings,
    );
  }

  async function waitForResume(message: string): Promise<void> {
    resumed = false;
    say(`submission refused: ${message}`);
    try {
      // Without run id: the sweep may have continued as new.
      await getExternalWorkflowHandle(identity.sweepId).signal(messages.submissionRejectedSignal, { number, message });
    } catch (error) {
      log.warn('the sweep is gone', { error: String(error) });
    }
    await condition(() => resumed || memory.intent !== null);
  }

  // --- a segment ---

  async function trainSegment(): Promise<void> {
    const allocation = memory.allocation!;
    if (ended !== null || over !== null) return leftIdle(allocation);
    memory = change.granted(memory);
    const segment = memory.segment;
    const summary = words.segmentSummary(memory);
    enter('running');
    say(summary);
    const agent = proxyActivities<AgentActivities>({
      taskQueue: allocation.taskQueue,
      scheduleToStartTimeout: '60 seconds',
      startToCloseTimeout: '30 days',
      heartbeatTimeout: settings.heartbeatSeconds * SECOND,
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: { maximumAttempts: 1 }, // segments, not attempts: each has its own row, its own directory and its own queue
    });
    const call = start(() =>
      agent.train.executeWithOptions({ activityId: `train-${segment}`, summary }, [
        {
          identity,
          number,
          segment,
          protocol: messages.PROTOCOL,
          allocation: {
            submission: allocation.submission,
            jobId: allocation.jobId,
            restartCount: allocation.restartCount,
          },
        },
      ]),
    );
    const newer = (): boolean => !change.isSame(memory.allocation, allocation);
    const done = (): boolean => call.state().kind !== 'pending' || ended !== null || over !== null || newer();
    await condition(() => done() || memory.intent !== null);
    if (!done()) {
      call.abandon(); // the only push to an agent: checkpoint and leave
      say(`asked to checkpoint and leave (${memory.intent})`);
      await waitFor(done, LEAVE, 'waiting for the agent to checkpoint and leave');
    }
    await conclude(segment, call, newer);
    call.abandon();
  }

  /** An agent that announced itself and left before it was granted work: a notice met it while it started. */
  function leftIdle(allocation: AllocationStarted): void {
    const { submission, jobId, restartCount } = allocation;
    const why = ended?.why ?? `SLURM says ${over?.state}`;
    const cause = change.causeOf(ended);
    ended = over = null;
    memory = change.interrupted(memory, cause, null, settings);
    memory = change.allocationOver(memory, { submission, jobId, restartCount, known: 'reported', why });
  }

  /** What became of a segment, whoever told first: the activity, the agent's or script's signal, SLURM, or a newer agent. */
  async function conclude(segment: number, call: Task<Outcome>, newer: () => boolean): Promise<void> {
    const allocation = memory.allocation;
    const told = call.state();
    const signalled = ended;
    const seen = over;
    ended = null;
    over = null;
    if (told.kind === 'value') return finish(told.value, 'reported', 'agent');
    if (told.kind === 'error') {
      const failure = trainerFailure(told.error);
      if (failure !== null) return finish(failure, 'reported', 'agent');
      if (neverTaken(told.error)) {
        memory = change.interrupted(memory, 'idle', null, settings);
        return leave('heartbeat time-out', 'the agent never took the segment');
      }
      return await lost(isTimeout(told.error) ? 'heartbeat time-out' : 'reported');
    }
    if (signalled?.outcome != null && signalled.segment === segment) {
      // The result follows within milliseconds; without this wait it would end on a closed workflow or a cancelled row.
      await waitFor(() => call.state().kind !== 'pending', SECOND, 'waiting for the result of the segment');
      return finish(signalled.outcome, 'reported', signalled.why);
    }
    if (newer()) return await lost('seen');
    if (signalled !== null) return await lost('reported', signalled.why, change.causeOf(signalled));
    if (seen !== null) return await lost('seen', `SLURM says ${seen.state}`);
    return await lost('heartbeat time-out', `no answer to ${memory.intent}`);

    function finish(outcome: Outcome, known: change.Ended['known'], why: string): void {
      memory = change.settled(memory, outcome, settings);
      leave(known, why);
    }

    async function lost(known: change.Ended['known'], why = 'agent lost', cause = 'lost'): Promise<void> {
      const left = await slurm.readSegment.executeWithOptions({ summary: `what segment ${segment} left on disk` }, [
        { ...base, segment },
      ]);
      if (left.outcome !== null) return finish(left.outcome, known, why);
      memory = change.interrupted(memory, memory.intent ?? cause, left.position, settings);
      leave(known, why);
    }

    function leave(known: change.Ended['known'], why: string): void {
      if (allocation === null || newer()) return;
      const { submission, jobId, restartCount } = allocation;
      memory = change.allocationOver(memory, { submission, jobId, restartCount, known, why });
    }
  }

  // --- intents ---

  async function obey(): Promise<void> {
    switch (memory.intent) {
      case 'pause':
        return await pause();
      case 'stop':
      case 'prune':
        memory = {
          ...memory,
          final: { state: 'pruned', reason: memory.intent === 'stop' ? 'stopped by the user' : 'pruned' },
        };
        return;
      case 'cancel':
        memory = { ...memory, final: { state: 'cancelled', reason: 'the workflow was cancelled' } };
        return;
    }
  }

  async function pause(): Promise<void> {
    await slurm.endJob({
      ...base,
      submission: memory.submission,
      jobId: memory.jobId,
      leaving: memory.ended !== null,
      over: false,
    });
    nextSubmission();
    enter('paused');
    say('paused');
    await condition(() => memory.intent !== 'pause');
  }

  // --- the end ---

  async function close(): Promise<TrialEnded> {
    const final = memory.final!;
    enter(final.state);
    say(final.reason === '' ? final.state : `${final.state}: ${final.reason}`);
    const result: TrialEnded = {
      number,
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
    await slurm.closeTrial.executeWithOptions({ summary: `${final.state}: end the job, merge rows, tell the sweep` }, [
      { ...base, submission, jobId, leaving: memory.ended !== null, over: true, segment, ended: result },
    ]);
    await condition(allHandlersFinished);
    if (final.state === 'failed') throw ApplicationFailure.nonRetryable(final.reason, final.type, result);
    if (memory.intent === 'cancel')
      throw new CancelledFailure(final.state === 'cancelled' ? final.reason : 'cancelled');
    return result;
  }

  // --- small things ---

  /** News of the former job would be taken for news of the next one. */
  function nextSubmission(): void {
    ended = over = null;
    memory = change.resubmitted(memory);
  }

  async function renew(): Promise<never> {
    await condition(allHandlersFinished);
    return await continueAsNew<typeof trial>(input, memory);
  }

  /** Search attributes are one event each time: only a change of state is worth it. */
  function enter(next: TrialState): void {
    if (state === next) return;
    state = next;
    if (!settings.searchAttributes) return;
    upsertSearchAttributes([
      { key: attributes.status, value: state },
      { key: attributes.resumes, value: memory.resumes },
      ...(memory.jobId === null ? [] : [{ key: attributes.jobId, value: memory.jobId }]),
      ...(memory.objective === null ? [] : [{ key: attributes.objective, value: memory.objective }]),
    ]);
  }

  function say(sentence: string): void {
    activity = sentence;
    setCurrentDetails(words.details(memory, activity, settings.metric));
  }

  function cancelStray(jobId: string, reason: string): void {
    log.warn('stray allocation', { jobId, reason });
    start(() =>
      CancellationScope.nonCancellable(() =>
        slurm.cancelStray.executeWithOptions({ summary: `cancel stray job ${jobId}: ${reason}` }, [{ jobId, reason }]),
      ),
    );
  }
}
