/** The few questions and orders that the embedded stack itself has for its own controller. */
import { execa } from 'execa';

interface Programs {
  readonly scontrol: string;
  readonly squeue: string;
}

async function ask(file: string, args: readonly string[], confPath: string): Promise<string | null> {
  const result = await execa(file, args, { env: { SLURM_CONF: confPath }, reject: false, timeout: 5_000 });
  return result.exitCode === 0 ? result.stdout : null;
}

/** SLURM prints local time without a zone, in whole seconds. */
const secondsOf = (field: string | undefined): number => Math.floor(Date.parse(field ?? '') / 1000);

/**
 * How many nodes of `scontrol --oneliner show nodes` take or run jobs and have a slurmd that was started at `since` or
 * later. Right after a restart the controller believes its saved states, and nobody has registered yet.
 */
export function countUsable(text: string, since: Date): number {
  const from = Math.floor(since.getTime() / 1000);
  return text.split('\n').filter((line) => {
    const state = /\bState=(\S+)/.exec(line)?.[1] ?? '';
    const started = secondsOf(/\bSlurmdStartTime=(\S+)/.exec(line)?.[1]);
    return (
      /^(IDLE|MIXED|ALLOCATED|COMPLETING|IDLE\+COMPLETING|MIXED\+COMPLETING|ALLOCATED\+COMPLETING)$/.test(state) &&
      started >= from
    );
  }).length;
}

export async function usableNodes(programs: Programs, confPath: string, since: Date): Promise<number> {
  return countUsable((await ask(programs.scontrol, ['--oneliner', 'show', 'nodes'], confPath)) ?? '', since);
}

/** Ids of the jobs that the controller believes to be running. */
export async function runningJobs(programs: Programs, confPath: string): Promise<string[]> {
  const args = ['--noheader', '--states=RUNNING,SUSPENDED', '--format', '%A'];
  return ((await ask(programs.squeue, args, confPath)) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** Those that may not be requeued are left alone. */
export async function requeue(programs: Programs, confPath: string, jobIds: readonly string[]): Promise<void> {
  await Promise.all(jobIds.map((jobId) => ask(programs.scontrol, ['requeue', jobId], confPath)));
}
