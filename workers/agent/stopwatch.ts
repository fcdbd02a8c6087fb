/** How long the trainer's loading, batches and checkpoints take, by its own messages, and what that means for the job's end. */
import type { Measured } from '../../trainer/leave.ts';
import { createPace } from '../../trainer/pace.ts';
import type { FromTrainer } from '../../trainer/protocol.ts';
import { secondsFor } from '../lead-time.ts';

export interface Stopwatch {
  hear(message: FromTrainer): void;
  readonly measured: Measured;
  /** Nothing useful fits any more before `end`, whether SLURM has given notice or not. @param end milliseconds since the epoch. */
  isLastCall(end: number | null): boolean;
  /** Why a segment that a time limit ended came no further than it began. */
  explain(): string;
}

export function createStopwatch(): Stopwatch {
  const began = Date.now();
  const pace = createPace();
  let loading: number | null = null;
  let last: { step: number; at: number } | null = null;
  return {
    hear: (message) => {
      const now = Date.now();
      if (message.type === 'started') loading = (now - began) / 1_000;
      if (message.type === 'checkpoint') pace.write(message.milliseconds / 1_000);
      if (message.type !== 'progress') return;
      const batches = message.step - (last?.step ?? message.step);
      // At the same step an evaluation goes on: no batch of the training.
      if (last !== null && batches > 0) pace.batch((now - last.at) / 1_000 / batches);
      last = { step: message.step, at: now };
    },
    measured: pace,
    isLastCall: (end) => end !== null && end - Date.now() <= secondsFor(pace) * 1_000,
    explain: () => {
      const stages = [
        loading === null ? 'loading did not end' : `loading took ${loading.toFixed(1)} s`,
        ...(loading === null ? [] : [pace.batchSeconds > 0 ? `a batch ${pace.batchSeconds.toFixed(1)} s` : NO_BATCH]),
        ...(pace.writeSeconds > 0 ? [`a checkpoint ${pace.writeSeconds.toFixed(1)} s`] : []),
      ];
      return `the job's time limit left no time for a first checkpoint (${stages.join(', ')}): raise "time" in temporal.slurm`;
    },
  };
}

const NO_BATCH = 'no batch was timed';
