/** The two ways in which the rehearsal's trial is interrupted: by a notice as before a time limit, and by a preemptor. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepLayout } from '../../activities/layout.ts';
import type { Job, Scheduler } from '../../activities/scheduler/port.ts';
import { jobsOnNode, notifyBatchShell } from '../../activities/scheduler/slurm/site.ts';
import type { Partition } from '../../activities/scheduler/slurm/site-parse.ts';

export interface Victim {
  readonly scheduler: Scheduler;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly root: string;
  readonly sweepId: string;
  readonly job: Job;
}

export type Interrupted =
  { readonly kind: 'done'; readonly jobId?: string } | { readonly kind: 'skipped'; readonly why: string };

/** SIGUSR1 to the batch shell, as SLURM does before the limit; the stand-in's agent gets it itself. */
export async function notify({ scheduler, environment, root, sweepId, job }: Victim): Promise<Interrupted> {
  if (scheduler.kind === 'slurm') {
    const refused = await notifyBatchShell(job.jobId, environment);
    return refused === null ? { kind: 'done' } : { kind: 'skipped', why: refused };
  }
  const { jobId, restartCount } = job;
  const { ready } = sweepLayout(root, sweepId).trial(1).allocation({ jobId, restartCount });
  process.kill(Number(await readFile(ready, 'utf8')), 'SIGUSR1');
  return { kind: 'done' };
}

/** A job that wants the whole node for some seconds. Only where that takes nothing from anybody else (P10). */
export async function preempt(victim: Victim, preemptor: Preemptor): Promise<Interrupted> {
  if (preemptor.kind === 'none') return { kind: 'skipped', why: preemptor.why };
  const { scheduler, environment, root, sweepId, job } = victim;
  const { node } = job;
  if (node === null) return { kind: 'skipped', why: `SLURM names no node for job ${job.jobId}` };
  if (scheduler.kind === 'slurm') {
    const others = await jobsOnNode(node, environment);
    if (others.kind === 'unknown') return { kind: 'skipped', why: others.message };
    if (others.value.some((jobId) => jobId !== job.jobId))
      return { kind: 'skipped', why: `${node} runs other jobs, too, and they would be preempted with ours` };
  }
  const script = join(root, 'preemptor.sh');
  await writeFile(script, '#!/bin/bash\nsleep 3\n', { mode: 0o700 });
  const result = await scheduler.submit({
    name: `${sweepId}/preemptor`,
    script,
    directory: root,
    output: join(root, 'preemptor.log'),
    options: { ...preemptor.options, nodelist: node, nodes: '1', exclusive: true, time: '1' },
    leadSeconds: 10,
  });
  return result.kind === 'submitted' ? { kind: 'done', jobId: result.jobId } : { kind: 'skipped', why: result.message };
}

export type Preemptor =
  | { readonly kind: 'partition'; readonly options: Readonly<Record<string, string | true>> }
  | { readonly kind: 'none'; readonly why: string };

/**
 * Which partition's jobs preempt those of `own`. Pure.
 * @param settings those of `scontrol show config`.
 */
export function choosePreemptor(
  partitions: readonly Partition[],
  own: string | null,
  settings: Readonly<Record<string, string>>,
): Preemptor {
  const none = (why: string): Preemptor => ({ kind: 'none', why });
  const mine = partitions.find(({ name, isDefault }) => (own === null ? isDefault : name === own));
  if (mine === undefined) return none(`partition ${own ?? '(default)'} is not among SLURM's`);
  if (settings['PreemptType'] !== 'preempt/partition_prio')
    return none(`PreemptType is ${settings['PreemptType'] ?? 'not set'}: partitions do not preempt each other`);
  if (!/REQUEUE|CANCEL/.test(mine.preemptMode.toUpperCase()))
    return none(`jobs of partition ${mine.name} are not preempted (PreemptMode ${mine.preemptMode})`);
  // Else a node that seems to run our job alone may run another's.
  if (/\bjobs\b/.test(settings['PrivateData'] ?? ''))
    return none("other users' jobs cannot be seen here (PrivateData): one of them might be preempted with ours");
  const higher = partitions.find(
    ({ state, priorityTier, totalNodes, allowAccounts, allowQos }) =>
      state === 'UP' &&
      totalNodes > 0 &&
      priorityTier > mine.priorityTier &&
      allowAccounts === 'ALL' &&
      allowQos === 'ALL',
  );
  if (higher === undefined) return none(`no open partition has a higher PriorityTier than ${mine.name}`);
  return { kind: 'partition', options: { partition: higher.name } };
}
