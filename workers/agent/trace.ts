/**
 * Opt-in: what an agent did when, one JSON line `{at, job, what}` each (milliseconds since the epoch, `<job>.<restart>`),
 * appended to the file that TEMPORAL_SWEEP_TRACE names. `doctor --rehearse` and `bench/preemption` read it.
 */
import { appendFileSync } from 'node:fs';
import type { AllocationName } from '../../activities/layout.ts';
import type { FromTrainer } from '../../trainer/protocol.ts';

export type Trace = (what: string, at?: number) => void;

/** Without a file a function that does nothing. */
export function createTrace(file: string | undefined, { jobId, restartCount }: AllocationName): Trace {
  if (file === undefined) return () => {};
  const job = `${jobId}.${restartCount}`;
  return (what, at = performance.timeOrigin + performance.now()) =>
    appendFileSync(file, `${JSON.stringify({ at, job, what })}\n`);
}

/** A listener that notes the first message of each kind: the first `progress` is the first new batch. */
export function traceTrainer(trace: Trace): (message: Pick<FromTrainer, 'type'>) => void {
  const seen = new Set<string>();
  return ({ type }) => {
    if (type === 'checkpoint' || !seen.has(type)) trace(`trainer: ${type}`);
    seen.add(type);
  };
}
