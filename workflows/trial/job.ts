/**
 * From no job to an announced one: asks for it, waits for its agent, and waits where SLURM has no room or says no.
 *
 * P1  jobs are asked for by (trial, submission) only.
 * P7  what SLURM's settled record says names the end before.
 * P9  a silent job is asked after, not failed.
 */
import { condition, getExternalWorkflowHandle, log, patched } from '@temporalio/workflow';
import type { EnsureJobResult } from '../activities.ts';
import { rootMessage } from '../failures.ts';
import * as messages from '../messages.ts';
import { start, waitFor, type Task } from '../race.ts';
import * as change from '../trial-state.ts';
import * as words from '../trial-words.ts';
import { named } from './failing.ts';
import type { Ended, Retrying } from './memory.ts';
import { FIRST_RECHECK, MINUTE, SECOND, slurm, type TrialRun } from './run.ts';

const LONGEST_RECHECK = 60 * MINUTE;
/** How long an ensureJob that is no longer wanted may take to stop. */
const QUIET = 30 * SECOND;
/** How long the news of a job that ensureJob found ended may take. */
const OVERDUE = 20 * SECOND;
/** How long to wait for room under a limit on queued jobs: at first, at most. */
const FIRST_LIMITED = 15 * SECOND;
const LONGEST_LIMITED = 10 * MINUTE;

type Answer<K extends EnsureJobResult['kind']> = Extract<EnsureJobResult, { kind: K }>;

export async function getJob(run: TrialRun): Promise<void> {
  run.say(words.ensureSummary(run.memory));
  run.askAgain = false;
  const asked = run.memory;
  const call: Task<EnsureJobResult> = start(() =>
    slurm.ensureJob.executeWithOptions({ summary: words.ensureSummary(asked) }, [
      {
        ...run.base,
        submission: asked.submission,
        jobId: asked.jobId,
        last: asked.ended,
        ...(asked.replaces !== null && { replaces: asked.replaces }),
        ...(asked.excludeNodes.length > 0 && { excludeNodes: asked.excludeNodes }),
      },
    ]),
  );
  await condition(() => call.state().kind !== 'pending' || run.interruptedWait(asked));
  const answer = call.state();
  call.abandon();
  // An intent ends the job: what is asked of SLURM right now must be through before that.
  if (answer.kind === 'pending' && run.memory.intent !== null) {
    await waitFor(() => call.state().kind !== 'pending', QUIET, 'waiting until SLURM is no longer asked for a job');
    // P7: a pause that was taken back meanwhile may have cancelled that job; it must not be taken for a user's scancel.
    if (run.memory.intent === null && patched('pause-taken-back')) await endJob(run);
    return;
  }
  if (answer.kind === 'error') {
    const reason = rootMessage(answer.error);
    run.memory = { ...run.memory, final: { state: 'failed', type: 'SchedulerError', reason } };
  }
  if (answer.kind === 'value' && run.memory.submission === asked.submission) await take(run, answer.value);
}

async function take(run: TrialRun, result: EnsureJobResult): Promise<void> {
  if (result.kind !== 'limited') run.limitedWaits = 0;
  switch (result.kind) {
    case 'queued':
      return await queued(run, result);
    case 'cancelled': {
      const reason = words.scancelled(result.reason, result.by);
      run.memory = named(run.memory, { state: 'CANCELLED', node: null }, run.input.settings);
      run.memory = { ...run.memory, jobId: result.jobId, final: { state: 'cancelled', reason } };
      return;
    }
    case 'resubmit':
      return resubmit(run, result);
    case 'limited':
      return await waitForRoom(run, result.message);
    case 'rejected':
      return await waitForResume(run, result.message);
  }
}

async function queued(run: TrialRun, result: Answer<'queued'>): Promise<void> {
  // P1: the first id is the one.
  run.memory = { ...run.memory, jobId: run.memory.jobId ?? result.jobId, replaces: null };
  if (result.after !== undefined) run.memory = named(run.memory, result.after, run.input.settings);
  const { final, retry, allocation } = run.memory;
  if (final !== null) return;
  // The job is in the queue again: another node, or a later time, needs another job.
  if (retry !== null) run.memory = { ...run.memory, retry: { ...retry, fresh: true } };
  else if (allocation === null) await waitForAgent(run, result);
}

function resubmit(run: TrialRun, { why = 'gone', old, after, reason }: Answer<'resubmit'>): void {
  const record = why === 'node dead' ? { state: 'NODE_FAIL', node: after?.node ?? null } : after;
  if (record !== undefined) run.memory = named(run.memory, record, run.input.settings);
  if (run.memory.final !== null) return;
  if (why === 'gone' || why === 'refused') {
    run.memory = { ...run.memory, lost: run.memory.lost + 1 };
    run.spendLaunches();
  }
  run.nextSubmission();
  const { replaces, retry } = run.memory;
  run.memory = { ...run.memory, replaces: old ?? replaces, retry: retry && { ...retry, fresh: false } };
  log.info('next submission', { reason, why });
}

async function waitForAgent(run: TrialRun, answer: Answer<'queued'>): Promise<void> {
  run.enter(run.memory.segment === 0 ? 'waiting' : 'preempted');
  const summary = words.waitSummary(run.memory);
  const { state, reason } = answer;
  // The poller does not repeat what it has told before.
  run.say(state !== 'PENDING' || reason === 'None' ? summary : `${summary} (${state}, ${reason})`);
  // It ended, and ensureJob does not know why: its news is on the way, or was lost.
  const found = change.isOver(state) ? answer : null;
  const asked = run.memory;
  const news = (): boolean => run.interruptedWait(asked) || run.ended !== null || run.over !== null || run.askAgain;
  if (!(await waitFor(news, found === null ? run.recheck : OVERDUE, summary))) {
    if (found !== null) {
      const { jobId, restartCount } = found;
      launchEnded(run, `SLURM says ${state}`, { submission: asked.submission, jobId, restartCount, known: 'seen' });
      return;
    }
    run.recheck = Math.min(2 * run.recheck, LONGEST_RECHECK);
    return; // ask ensureJob: the poller may be gone
  }
  run.recheck = FIRST_RECHECK;
  if (run.interruptedWait(asked)) return;
  const { ended, over } = run;
  if (ended !== null) launchEnded(run, ended.why, { ...ended, known: 'reported' });
  else if (over !== null)
    launchEnded(run, `SLURM says ${over.state}`, { ...over, submission: asked.submission, known: 'seen' });
}

function launchEnded(run: TrialRun, why: string, news: Omit<Ended, 'why'>): void {
  const { submission, jobId, restartCount, known } = news;
  const code = run.ended?.code ?? null;
  const told = code === null || code === 0 ? why : `${why}, exit code ${code}`;
  const isPreempted = run.ended?.why === 'preemption';
  run.ended = run.over = null;
  run.memory = change.allocationOver(run.memory, { submission, jobId, restartCount, known, why: told }, isPreempted);
  run.spendLaunches();
}

/** A limit on queued jobs is waited for, not fought: nothing fails, nothing is spent. */
async function waitForRoom(run: TrialRun, message: string): Promise<void> {
  const summary = words.limitSummary(message);
  const pause = Math.min(FIRST_LIMITED * (1 << Math.min(run.limitedWaits, 6)), LONGEST_LIMITED);
  run.limitedWaits += 1;
  run.resumed = false;
  run.enter(run.memory.segment === 0 ? 'waiting' : 'preempted');
  run.say(summary);
  const asked = run.memory;
  await waitFor(() => run.resumed || run.interruptedWait(asked), pause, summary);
  if (run.resumed) run.limitedWaits = 0;
}

async function waitForResume(run: TrialRun, message: string): Promise<void> {
  const { identity, number } = run.base;
  run.resumed = false;
  run.say(`submission refused: ${message}`);
  try {
    // Without run id: the sweep may have continued as new.
    await getExternalWorkflowHandle(identity.sweepId).signal(messages.submissionRejectedSignal, { number, message });
  } catch (error) {
    log.warn('the sweep is gone', { error: String(error) });
  }
  const asked = run.memory;
  // An sbatch that never answered may have been the one before.
  await condition(() => run.resumed || run.interruptedWait(asked));
}

/** After a failure that is to be tried again on another node, or later. */
export async function prepareRetry(run: TrialRun, { fresh, seconds, after }: Retrying): Promise<void> {
  run.memory = { ...run.memory, retry: null };
  if (fresh) await endJob(run);
  if (seconds === 0 || run.memory.intent !== null) return;
  const summary = words.backOffSummary(seconds, after);
  const asked = run.memory;
  run.resumed = false;
  run.enter('preempted');
  run.say(summary);
  await waitFor(() => run.resumed || run.interruptedWait(asked), seconds * SECOND, summary);
}

/** Ends the job of this submission; the next one is another job, with options read anew. */
async function endJob(run: TrialRun): Promise<void> {
  const { submission, jobId, ended } = run.memory;
  run.nextSubmission(); // first: what the old job announces meanwhile is a stray
  await slurm.endJob.executeWithOptions({ summary: `end job ${jobId}: the next one goes elsewhere, or later` }, [
    { ...run.base, submission, jobId, leaving: ended !== null, over: false },
  ]);
}
