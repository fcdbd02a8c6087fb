/** What the parts of one running trial share: its memory, the news they have not looked at, and how they tell. */
import {
  ActivityCancellationType,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { SlurmActivities, TrialInput } from '../activities.ts';
import type { AllocationEnded, Identity, JobChanged, TrialState } from '../messages.ts';
import { attributes } from '../search-attributes.ts';
import * as change from '../trial-state.ts';
import * as words from '../trial-words.ts';
import { carriedOn, newTrial, type Trial } from './memory.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
/** P10: a trial without news asks by itself, backing off. */
export const FIRST_RECHECK = 10 * MINUTE;

export const slurm = proxyActivities<SlurmActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds', // short: a control worker that dies between sbatch and its answer delays the trial by this
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED, // an sbatch under way must not outlive the trial
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

export class TrialRun {
  readonly input: TrialInput;
  readonly base: { readonly identity: Identity; readonly number: number };
  memory: Trial;
  state: TrialState;
  /** What the trial does or waits for now, in a sentence. */
  activity = 'starting';
  /** News that the loop has not looked at yet. */
  ended: AllocationEnded | null = null;
  over: JobChanged | null = null;
  /** SLURM holds the job in a way that ensureJob can end. */
  askAgain = false;
  /** `resume` was heard since the trial began to wait for it. */
  resumed = false;
  /** Milliseconds without news before the trial asks by itself. */
  recheck = FIRST_RECHECK;
  /** Waits in a row for room under a limit on queued jobs. */
  limitedWaits = 0;

  constructor(input: TrialInput, carried: Trial | undefined) {
    this.input = input;
    this.base = { identity: input.identity, number: input.number };
    this.memory = carried === undefined ? newTrial : carriedOn(carried);
    this.state = this.memory.segment === 0 ? 'waiting' : 'preempted';
  }

  /** An announcement is acted on even while the trial waits for its job (P3); so is an intent (P7). */
  interruptedWait(asked: Trial): boolean {
    const { allocation, intent, submission } = this.memory;
    return allocation !== null || intent !== null || submission !== asked.submission;
  }

  /** News of the former job would be taken for news of the next one. */
  nextSubmission(): void {
    this.ended = this.over = null;
    this.memory = change.resubmitted(this.memory);
  }

  spendLaunches(): void {
    this.memory = change.launchBudget(this.memory, this.input.settings);
  }

  /** Search attributes are one event each time: only a change of state is worth it. */
  enter(next: TrialState): void {
    if (this.state === next) return;
    this.state = next;
    if (!this.input.settings.searchAttributes) return;
    const { resumes, jobId, objective } = this.memory;
    upsertSearchAttributes([
      { key: attributes.status, value: next },
      { key: attributes.resumes, value: resumes },
      ...(jobId === null ? [] : [{ key: attributes.jobId, value: jobId }]),
      ...(objective === null ? [] : [{ key: attributes.objective, value: objective }]),
    ]);
  }

  say(sentence: string): void {
    this.activity = sentence;
    setCurrentDetails(words.details(this.memory, sentence, this.input.settings.metric));
  }
}
