/** What a failed activity or child means, by type and never by text. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { Outcome } from './messages.ts';

/** The sentence at the bottom of a chain of causes. */
export function rootMessage(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}

/** What the agent threw; null for time-outs and cancellations, which are no errors of the trainer. */
export function trainerFailure(error: unknown): Outcome | null {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return null;
  return { status: 'failed', type: cause.type ?? 'TrainerError', message: cause.message };
}

/** P3: schedule-to-start expired; reconciled, not counted. */
export const neverTaken = (error: unknown): boolean => timeout(error)?.timeoutType === 'SCHEDULE_TO_START';

export const isTimeout = (error: unknown): boolean => timeout(error) !== null;

function timeout(error: unknown): TimeoutFailure | null {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure ? error.cause : null;
}

/** The sentence itself, not "Activity task failed" around it: it is the first thing a user sees. */
export async function explained<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    throw cause instanceof ApplicationFailure ? ApplicationFailure.nonRetryable(cause.message, cause.type) : error;
  }
}
