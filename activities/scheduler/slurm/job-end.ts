/** The end of a running job's time limit, from its record: SLURM 22.05 does not tell the job itself. */
import { createCommands } from './commands.ts';
import { parseScontrolJob } from './parse.ts';

/** The job waits for nothing here: a controller that is slower than this has not answered. Milliseconds. */
const TIMEOUT = 10_000;

/**
 * One call of scontrol, from inside the job.
 * @returns milliseconds since the epoch; null when SLURM does not answer, knows no end, or means another incarnation.
 */
export async function readJobEnd(
  environment: Readonly<Record<string, string | undefined>>,
  jobId: string,
  restartCount: number,
): Promise<number | null> {
  const { run } = createCommands({ environment, timeoutMs: TIMEOUT });
  const { code, stdout } = await run('query', 'scontrol', ['show', 'job', '--oneliner', jobId]);
  const job = code === 0 ? parseScontrolJob(stdout, jobId) : null;
  if (job === null || job.state !== 'RUNNING' || job.restartCount !== restartCount || job.endTime === null) return null;
  return job.endTime * 1_000;
}
