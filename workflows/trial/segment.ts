/**
 * One segment: `train` on the newest announced allocation, until someone tells what came of it.
 *
 * P3  `train` is scheduled for the newest announced allocation, on that allocation's own queue.
 * P9  an end is believed from the agent, its script or SLURM's record.
 */
import { ActivityCancellationType, condition, patched, proxyActivities } from '@temporalio/workflow';
import type { AgentActivities } from '../activities.ts';
import { isTimeout, neverTaken, trainerFailure } from '../failures.ts';
import { PROTOCOL, type AllocationStarted, type Outcome } from '../messages.ts';
import { start, waitFor, type Task } from '../race.ts';
import * as change from '../trial-state.ts';
import * as words from '../trial-words.ts';
import type { Ended } from './memory.ts';
import { MINUTE, SECOND, slurm, type TrialRun } from './run.ts';

/** How long an agent may take to checkpoint and leave after a push before the trial ends its job. */
const LEAVE = 2 * MINUTE;

export async function trainSegment(run: TrialRun, allocation: AllocationStarted): Promise<void> {
  if (run.ended !== null || run.over !== null) return leftIdle(run, allocation);
  run.memory = change.granted(run.memory);
  const { segment } = run.memory;
  run.enter('running');
  run.say(words.segmentSummary(run.memory));
  const call = train(run, allocation);
  const newer = (): boolean => !change.isSame(run.memory.allocation, allocation);
  const done = (): boolean => call.state().kind !== 'pending' || run.ended !== null || run.over !== null || newer();
  await condition(() => done() || run.memory.intent !== null);
  if (!done()) {
    call.abandon(); // the only push to an agent: checkpoint and leave
    run.say(`asked to checkpoint and leave (${run.memory.intent})`);
    await waitFor(done, LEAVE, 'waiting for the agent to checkpoint and leave');
  }
  await conclude(run, segment, call, newer);
  call.abandon();
}

function train(run: TrialRun, { taskQueue, submission, jobId, restartCount }: AllocationStarted): Task<Outcome> {
  const { segment } = run.memory;
  const agent = proxyActivities<AgentActivities>({
    taskQueue,
    scheduleToStartTimeout: '60 seconds',
    startToCloseTimeout: '30 days',
    heartbeatTimeout: run.input.settings.heartbeatSeconds * SECOND,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 }, // segments, not attempts: each has its own row, its own directory and its own queue
  });
  const options = { activityId: `train-${segment}`, summary: words.segmentSummary(run.memory) };
  const allocation = { submission, jobId, restartCount };
  return start(() =>
    agent.train.executeWithOptions(options, [{ ...run.base, segment, protocol: PROTOCOL, allocation }]),
  );
}

/** An agent that announced itself and left before it was granted work: a notice met it while it started. */
function leftIdle(run: TrialRun, { submission, jobId, restartCount }: AllocationStarted): void {
  const why = run.ended?.why ?? `SLURM says ${run.over?.state}`;
  const cause = change.causeOf(run.ended);
  run.ended = run.over = null;
  run.memory = change.interrupted(run.memory, cause, null, run.input.settings);
  run.memory = change.allocationOver(run.memory, { submission, jobId, restartCount, known: 'reported', why });
}

/** What became of a segment, whoever told first: the activity, the agent's or script's signal, SLURM, or a newer agent. */
async function conclude(run: TrialRun, segment: number, call: Task<Outcome>, newer: () => boolean): Promise<void> {
  const { allocation } = run.memory;
  const { settings } = run.input;
  const told = call.state();
  const signalled = run.ended;
  const seen = run.over;
  run.ended = run.over = null;
  if (told.kind === 'value') return finish(told.value, 'reported', 'agent');
  if (told.kind === 'error') {
    const failure = trainerFailure(told.error);
    if (failure !== null) return finish(failure, 'reported', 'agent');
    if (neverTaken(told.error)) {
      run.memory = change.interrupted(run.memory, 'idle', null, settings);
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
  return await lost('heartbeat time-out', `no answer to ${run.memory.intent}`);

  function finish(outcome: Outcome, known: Ended['known'], why: string): void {
    run.memory = change.settled(run.memory, outcome, settings);
    leave(known, why);
  }

  async function lost(known: Ended['known'], why = 'agent lost', cause = 'lost'): Promise<void> {
    const left = await slurm.readSegment.executeWithOptions({ summary: `what segment ${segment} left on disk` }, [
      { ...run.base, segment },
    ]);
    if (left.outcome !== null) return finish(left.outcome, known, why);
    run.memory = change.interrupted(run.memory, run.memory.intent ?? cause, left.position, settings);
    leave(known, why);
  }

  function leave(known: Ended['known'], why: string): void {
    if (allocation === null || newer()) return;
    // What came meanwhile tells of the same end; later it would be taken for the end of the next launch.
    if (patched('one-end-once')) run.ended = run.over = null;
    const { submission, jobId, restartCount } = allocation;
    run.memory = change.allocationOver(run.memory, { submission, jobId, restartCount, known, why });
  }
}
