import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedDaemon } from './daemon.ts';

export interface Readiness {
  /** Begins the error message: `the private SLURM did not start`. */
  readonly complaint: string;
  /** Ends it on a time-out: `munged is not ready`. */
  readonly missing: string;
  /** One that ends is told at once, in its own words: polling would only time out. */
  readonly daemons: readonly StartedDaemon[];
  readonly timeoutMs: number;
  readonly isReady: () => Promise<boolean>;
}

const pollMs = 20;

/** Asks every 20 ms; an `isReady` that throws counts as not ready, and its words end up in the error of a time-out. */
export async function waitUntilReady({ complaint, missing, daemons, timeoutMs, isReady }: Readiness): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await isReady().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (answer === true) return;
    const dead = daemons.map((daemon) => daemon.ended()).find((end) => end !== null);
    if (dead) throw new Error(`${complaint}: ${dead}`);
    if (performance.now() > deadline) {
      const why = answer === false ? '' : ` (${answer})`;
      throw new Error(`${complaint}: ${missing} after ${timeoutMs / 1000} s${why}`);
    }
    await sleep(pollMs);
  }
}
