/**
 * One sweep: keeps a window of trials running, records their ends, knows the leaders. A trial tells its end by signal, by
 * workflow id.
 *
 * P12 `trials.jsonl` grows at a byte offset that is kept here: a repeated `record` writes the same bytes.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { SweepActivities } from './activities.ts';
import { explained } from './failures.ts';
import * as messages from './messages.ts';
import type { Identity, SweepStatus } from './messages.ts';
import { start, waitFor, type Task } from './race.ts';
import * as change from './sweep-state.ts';
import type { Live, Sweep } from './sweep-state.ts';
import * as view from './sweep-view.ts';
import { handleUpdates } from './sweep-updates.ts';
import { trialsOf, type TrialHandle } from './sweep-trials.ts';

/** Starts per workflow task: more would make its answer too large. */
const CHUNK = 50;
/** How often a sweep looks for trials that were terminated and so never told their end. */
const CENSUS = 10 * 60_000;

const patient = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' } as const;
const files = proxyActivities<SweepActivities>({ startToCloseTimeout: '2 minutes', retry: patient });
/** A sampler that learns may take its time, in a thread of its own; a control worker that died is noticed by its silence. */
const learned = proxyActivities<SweepActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15 seconds',
  retry: patient,
});
const quick = proxyLocalActivities<SweepActivities>({ startToCloseTimeout: '30 seconds', retry: patient });

/**
 * @param source path of a sweep.yaml (relative to the control worker's start directory), or an object with its keys; or
 * `{ sweep: <either>, from: <id of a sweep whose trials are known from the start> }`.
 * @param carried only given by the sweep itself when it continues as new.
 */
export async function sweep(source: unknown, carried?: Sweep): Promise<SweepStatus> {
  const info = workflowInfo();
  const sweepId = info.workflowId;
  const identity: Identity = { namespace: info.namespace, sweepId, firstRunId: info.firstExecutionRunId };
  let memory: Sweep | null = carried === undefined ? null : change.carriedOver(carried);
  let cancelled = carried?.cancelled ?? false;
  const trials = trialsOf(identity);
  /** A pause wants the jobs back, too. */
  let released = false;
  const update = (edit: (sweep: Sweep) => Sweep): void => void (memory = edit(now()));
  /** An update may come before sweep.yaml is read; if that fails, it fails with the sweep. */
  const opened = async (): Promise<void> => {
    if (memory === null) await condition(() => memory !== null);
  };
  /** Signals that came before sweep.yaml was read. */
  const early: ((sweep: Sweep) => Sweep)[] = [];
  const later = (edit: (sweep: Sweep) => Sweep): void => void (memory === null ? early.push(edit) : update(edit));

  // --- handlers: set before the first await, they only change state ---
  setHandler(messages.statusQuery, () => statusNow(), { description: 'State, counts, best trial, notes' });
  setHandler(messages.trialsQuery, () => (memory === null ? [] : [...view.liveRows(memory), ...memory.top]), {
    description: 'Live trials and the best complete ones; trials.jsonl holds all',
  });
  setHandler(messages.leaderboardQuery, () => [...(memory?.top ?? [])], { description: 'The best trials, best first' });
  handleUpdates({ identity, trials, opened, update, now, live: () => memory?.live ?? [] });
  setHandler(
    messages.pauseSignal,
    (options) => {
      later((now) => ({ ...now, paused: true }));
      released = options?.release ?? true;
      if (released) tellTrials(pauseTrial);
    },
    { description: 'Start nothing new; {release: true} (default) also checkpoints live trials and frees their jobs' },
  );
  setHandler(
    messages.resumeSignal,
    () => {
      released = false;
      later(change.resumed);
      tellTrials((handle) => handle.signal(messages.trialResumeSignal));
    },
    { description: 'End a pause' },
  );
  setHandler(messages.trialEndedSignal, (ended, from) => {
    // Names alone are not identities: a trial of an earlier sweep of this name may end late.
    if (from === undefined || from.firstRunId === identity.firstRunId) later((now) => change.trialEnded(now, ended));
  });
  setHandler(messages.trialPausedSignal, ({ number, identity: { firstRunId } }) => {
    if (firstRunId === identity.firstRunId) later((now) => (now.paused ? change.trialPaused(now, number) : now));
  });
  setHandler(messages.submissionRejectedSignal, ({ number, message }) =>
    later((now) => change.refused(now, number, message, sweepId)),
  );

  // P7: a cancellation is state first; it is carried to the trials at once, since the loop may be waiting for a full disk.
  void CancellationScope.current().cancelRequested.catch(() => {
    cancelled = true;
    if (memory !== null) void CancellationScope.nonCancellable(async () => cancelAll());
  });
  return await CancellationScope.nonCancellable(run);

  async function run(): Promise<SweepStatus> {
    memory ??= change.newSweep(await open());
    for (const edit of early.splice(0)) memory = edit(memory);
    try {
      await fill();
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error; // no failure: that is how the next run begins
      await abort(); // whatever went wrong, no trial is left without a sweep
      throw error;
    }
    await files.writeResults.executeWithOptions({ summary: 'results.csv, results.json, best.yaml' }, [
      { identity, state: statusNow().state },
    ]);
    show();
    await condition(allHandlersFinished);
    if (memory.cancelled)
      throw new CancelledFailure(`sweep ${sweepId} was cancelled; its files are in ${memory.opened.directory}`);
    return statusNow();
  }

  async function open() {
    try {
      return await explained(() =>
        files.openSweep.executeWithOptions({ summary: 'read sweep.yaml, claim the directory' }, [{ source, identity }]),
      );
    } catch (error) {
      if (cancelled && isCancellation(error)) throw new CancelledFailure('cancelled before it began');
      throw error;
    }
  }

  async function fill(): Promise<void> {
    // One timer across all news: a new one for each would be two events per trial.
    let pause: Task<void> | null = null;
    if (now().cancelled) cancelTrials(); // P7: the run before may have ended between deciding and telling
    const isDue = (): boolean => pause !== null && pause.state().kind !== 'pending';
    while (!change.isOver(now())) {
      if (cancelled && !now().cancelled) cancelAll();
      const numbers = change.wanted(now(), CHUNK);
      if (numbers.length > 0) await startTrials(numbers);
      await record();
      show();
      if (mustContinue()) await renew();
      pause ??= start(() => sleep(CENSUS, { summary: 'next look for trials that ended without a word' }));
      await condition(() => isNews() || isDue());
      if (!isDue()) continue;
      pause = null;
      await census(now().live);
    }
    pause?.abandon();
  }

  function isNews(): boolean {
    const sweep = now();
    const isCancelled = cancelled && !sweep.cancelled;
    return isCancelled || sweep.unrecorded.length > 0 || change.wanted(sweep, 1).length > 0 || change.isOver(sweep);
  }

  async function startTrials(numbers: readonly number[]): Promise<void> {
    const input = { identity, runId: info.runId, ...change.question(now(), numbers) };
    const answers = now().opened.learns
      ? await learned.ask.executeWithOptions({ summary: `propose ${trialWords(numbers)}` }, [input])
      : await quick.ask(input);
    if (now().paused && patched('paused-while-asking')) return; // asked again after the pause, for the same answer
    update((was) => change.started(was, numbers, answers, input.given.length));
    // All of them first: a trial that starts after the others have been cancelled would be nobody's.
    const failed = (await Promise.allSettled(answers.map(startTrial))).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    // Those that were not there yet when the others were told.
    if (now().cancelled) cancelTrials();
    const numbersStarted = answers.map(({ number }) => number);
    if (released && patched('paused-while-starting')) trials.tell(numbersStarted, pauseTrial);
  }

  async function startTrial(live: Live): Promise<void> {
    const { number } = live;
    try {
      await trials.start(live, now().opened.trial, (ended) => update((was) => change.trialEnded(was, ended)));
    } catch (error) {
      if (error instanceof ApplicationFailure)
        update((was) => ({ ...was, live: was.live.filter((trial) => trial.number !== number) }));
      throw error;
    }
  }

  async function record(): Promise<void> {
    const { offset } = now();
    const unrecorded = now().unrecorded.slice(0, change.recordable(now()));
    if (unrecorded.length === 0) return;
    const answer = await quick.record({ identity, offset, trials: unrecorded });
    update((was) => change.recorded(was, unrecorded.length, answer.offset));
  }

  async function census(live: readonly Live[]): Promise<void> {
    const closed = await files.closedTrials({ identity, numbers: live.map((trial) => trial.number) });
    for (const trial of live.filter(({ number }) => closed.includes(number))) {
      update((was) =>
        change.trialEnded(was, change.silentEnd(trial, 'its workflow was closed without a word (terminated?)')),
      );
    }
  }

  function cancelAll(): void {
    update((was) => ({ ...was, cancelled: true }));
    cancelTrials();
  }

  function cancelTrials(): void {
    tellTrials((handle) => handle.cancel());
  }

  async function abort(): Promise<void> {
    cancelAll();
    await waitFor(() => now().live.length === 0, 3 * 60_000, 'waiting for the trials to end');
    await record();
  }

  function mustContinue(): boolean {
    const limit = now().opened.historyLimit;
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return !change.isOver(now()) && (continueAsNewSuggested || (limit !== null && historyLength > limit));
  }

  async function renew(): Promise<void> {
    // The server drops what a run that continues as new has not yet told.
    await condition(() => trials.told() && allHandlersFinished());
    if (cancelled && !now().cancelled) return; // P7: a cancellation already delivered would be lost with this run
    await continueAsNew<typeof sweep>(source, now());
  }

  // --- small things ---

  function now(): Sweep {
    if (memory === null) throw new Error('the sweep has not been opened');
    return memory;
  }

  function statusNow(): SweepStatus {
    if (memory !== null) return view.status(memory, sweepId);
    return {
      sweepId,
      state: 'starting',
      method: '',
      metric: null,
      directory: '',
      concurrency: 0,
      size: null,
      started: 0,
      counts: { running: 0, complete: 0, pruned: 0, failed: 0, cancelled: 0 },
      resumes: 0,
      best: null,
      notes: [],
    };
  }

  function show(): void {
    setCurrentDetails(view.details(now()));
  }

  function tellTrials(word: (handle: TrialHandle) => Promise<void>): void {
    const numbers = (memory?.live ?? []).map(({ number }) => number);
    trials.tell(numbers, word);
  }
}

const trialWords = (numbers: readonly number[]): string =>
  numbers.length === 1 ? `trial ${numbers[0]}` : `trials ${numbers[0]} to ${numbers.at(-1)}`;

const pauseTrial = (handle: TrialHandle): Promise<void> => handle.signal(messages.trialPauseSignal);
