/**
 * The processes of a private cluster's jobs. slurmstepd outlives slurmd by design, and what a job starts may outlive
 * slurmstepd: both have to be found to leave nothing behind (P11).
 */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Ending, allGone, killAll, send } from './daemon.ts';
import { allPids, descriptorsOf, environmentOf, identify, nameOf, withDescendants } from './process-table.ts';
import type { ProcessIdentity } from './process-table.ts';

/** Every slurmstepd of this cluster, or of one node: it keeps its node's log open. */
function stepDaemons(directory: string, node = ''): number[] {
  const logs = join(realpathSync(directory), 'log', node === '' ? 'slurmd.' : `slurmd.${node}.log`);
  return allPids().filter(
    (pid) => nameOf(pid).startsWith('slurmstepd') && descriptorsOf(pid).some((path) => path.startsWith(logs)),
  );
}

/** Jobs carry the configuration's path in their environment, and so does a daemonised grandchild. */
function isOfJob(pid: number, confPath: string): boolean {
  const environment = environmentOf(pid);
  return environment.get('SLURM_CONF') === confPath && environment.has('SLURM_JOB_ID');
}

const identities = (pids: readonly number[]): ProcessIdentity[] =>
  pids.flatMap((pid) => identify(pid) ?? []).filter(({ pid }) => pid !== process.pid);

function jobProcesses(directory: string, confPath: string): ProcessIdentity[] {
  const roots = [...stepDaemons(directory), ...allPids().filter((pid) => isOfJob(pid, confPath))];
  return identities(withDescendants(roots));
}

/** The programs of the steps, not srun (which answers SIGTERM by killing its task) and not the batch shell. */
const isTask = ({ pid }: ProcessIdentity): boolean =>
  environmentOf(pid).has('SLURM_STEP_ID') && !/^(srun|slurmstepd)/.test(nameOf(pid));

/** Tells the tasks of all jobs by SIGTERM, as a preemption would; waits for at most `graceMs`; then kills what is left. */
export async function endJobs(directory: string, confPath: string, graceMs: number): Promise<Ending> {
  const tasks = jobProcesses(directory, confPath).filter(isTask);
  for (const task of tasks) send(task, 'SIGTERM');
  await allGone(tasks, graceMs);
  let ending: Ending = tasks.length > 0 ? 'terminated' : 'gone';
  // A process may fork between the look and the signal: look again until nothing is found.
  for (let round = 0; round < 20; round++) {
    const left = jobProcesses(directory, confPath);
    if (left.length === 0) return ending;
    ending = 'killed';
    await killAll(left);
  }
  throw new Error(`processes of the private cluster's jobs cannot be killed (configuration ${confPath})`);
}

/** All that the jobs of one node run ends at once, as with its machine. */
export async function killJobsOn(directory: string, confPath: string, node: string): Promise<void> {
  const isOnNode = (pid: number): boolean =>
    isOfJob(pid, confPath) && environmentOf(pid).get('SLURMD_NODENAME') === node;
  for (let round = 0; round < 20; round++) {
    const left = identities(withDescendants([...stepDaemons(directory, node), ...allPids().filter(isOnNode)]));
    if (left.length === 0) return;
    await killAll(left);
  }
  throw new Error(`processes of node ${node} cannot be killed (configuration ${confPath})`);
}
