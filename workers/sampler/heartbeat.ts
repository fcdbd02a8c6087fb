/** Heartbeats of an activity that waits for another thread, so that a control worker that died is noticed soon. */
import { Context } from '@temporalio/activity';

/** Milliseconds. A small part of the activity's heartbeat time-out. */
const EVERY = 3_000;

/** @throws CancelledFailure as soon as the activity is cancelled: a Worker that shuts down does not wait for a fit. */
export async function withHeartbeats<T>(work: Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), EVERY);
  try {
    return await Promise.race([work, context.cancelled]);
  } finally {
    clearInterval(timer);
  }
}
