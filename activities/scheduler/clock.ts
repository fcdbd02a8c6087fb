/** SLURM's clock against ours, learnt from what it shows. Pure. */
import type { Job } from './port.ts';
import { phase } from './states.ts';

/**
 * What has happened there cannot lie in SLURM's future: an end or a start that lies in ours shows by how much its clock is ahead.
 * @param now seconds since the epoch, by our clock
 * @returns seconds, at least 0: a clock that is behind needs no care, since a release in its future only waits
 */
export function secondsAhead(jobs: readonly Job[], now: number): number {
  const happened = jobs.map((job) => {
    if (phase(job) === 'ended') return job.endTime;
    return job.state === 'RUNNING' ? job.startTime : null;
  });
  return Math.max(0, ...happened.map((second) => (second === null ? 0 : second - now)));
}

/** The longest margin, seconds. */
const MOST = 15;

/**
 * Seconds added to a release after so many revoked launches of the job in a row: 0, 1, 3, 7, 15. The node that revokes looks at a
 * clock of its own, which no query shows.
 */
export const marginAfter = (revoked: number): number => Math.min(2 ** revoked - 1, MOST);
