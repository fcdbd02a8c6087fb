/** The variables of a job. Pure. */
import { LOCAL_STEP } from '../job-script.ts';
import type { LocalJob } from './model.ts';
import { STEPS } from './step.ts';

/** The submitter's environment without what belongs to another job, and SLURM's own; no restart count on the first run, as in SLURM. */
export function jobEnvironment(
  job: LocalJob,
  submitted: Readonly<Record<string, string>>,
  paths: { readonly launcher: string; readonly steps: string },
): Record<string, string> {
  const own = Object.entries(submitted).filter(([name]) => !/^(SLURM|SLURMD|SBATCH)_/.test(name));
  return {
    ...Object.fromEntries(own),
    SLURM_JOB_ID: job.jobId,
    SLURM_JOBID: job.jobId,
    SLURM_JOB_NAME: job.name,
    SLURM_JOB_PARTITION: job.partition,
    SLURM_JOB_NODELIST: job.node ?? '',
    SLURMD_NODENAME: job.node ?? '',
    SLURM_CPUS_PER_TASK: String(job.cpus),
    SLURM_CPUS_ON_NODE: String(job.cpus),
    SLURM_SUBMIT_DIR: job.directory,
    ...(job.restartCount > 0 ? { SLURM_RESTART_COUNT: String(job.restartCount) } : {}),
    ...(job.startTime !== null && job.limitMs !== null
      ? { SLURM_JOB_END_TIME: String(Math.floor((job.startTime + job.limitMs) / 1_000)) }
      : {}),
    [LOCAL_STEP]: paths.launcher,
    [STEPS]: paths.steps,
  };
}
