/**
 * When the job's time limit ends: by SLURM's variable, else by the job's record, asked for once and in the background
 * (P10). Whatever is wrong with that, the end stays unknown.
 */
import { LOCAL_STEP } from '../../activities/scheduler/job-script.ts';
import type { Allocation } from '../../workflows/messages.ts';

export interface JobEnd {
  /** Milliseconds since the epoch; null when it is not known, or not yet. */
  current(): number | null;
  /** Asks SLURM, unless the end is known. Never rejects. */
  ask(): Promise<void>;
}

export function createJobEnd(environment: NodeJS.ProcessEnv, { jobId, restartCount }: Allocation): JobEnd {
  let end = told(environment);
  return {
    current: () => end,
    ask: async () => {
      if (end !== null || environment[LOCAL_STEP] !== undefined) return;
      try {
        const { readJobEnd } = await import('../../activities/scheduler/slurm/job-end.ts');
        end = await readJobEnd(environment, jobId, restartCount);
      } catch {
        // stays unknown
      }
    },
  };
}

/** SLURM tells it from 23.x on, the local scheduler always; seconds since the epoch. */
function told(environment: NodeJS.ProcessEnv): number | null {
  const seconds = Number(environment['SLURM_JOB_END_TIME']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
}
