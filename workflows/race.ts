/** Waiting on several things at once, without leaving a promise unhandled or a timer without a name. */
import { CancellationScope, condition, sleep } from '@temporalio/workflow';

export type Settled<T> =
  | { readonly kind: 'pending' }
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'error'; readonly error: unknown };

export interface Task<T> {
  state(): Settled<T>;
  /** Asks for the end; what comes late is ignored. */
  abandon(): void;
}

/**
 * Starts an activity in a scope of its own. Both handlers are attached at creation: a promise left without one fails the
 * workflow task again and again once a dead activity times out.
 */
export function start<T>(work: () => Promise<T>): Task<T> {
  let settled: Settled<T> = { kind: 'pending' };
  const scope = new CancellationScope({ cancellable: true });
  scope.run(work).then(
    (value) => (settled = { kind: 'value', value }),
    (error: unknown) => (settled = { kind: 'error', error }),
  );
  return { state: () => settled, abandon: () => settled.kind === 'pending' && scope.cancel() };
}

/** Waits until `done()` or for the named time; true when `done()`. The timer is cancelled, so it ends with the wait. */
export async function waitFor(done: () => boolean, milliseconds: number, summary: string): Promise<boolean> {
  if (done()) return true;
  const timer = start(() => sleep(milliseconds, { summary }));
  await condition(() => done() || timer.state().kind !== 'pending');
  timer.abandon();
  return done();
}
