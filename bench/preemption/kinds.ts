/** The ways in which a trial loses its node. Each returns when it began: milliseconds since the epoch. */
import { readFile, stat } from 'node:fs/promises';
import { sweepLayout } from '../../activities/layout.ts';
import { preempt, scancel } from '../../test/e2e/support/disturb.ts';
import type { TestStack } from '../../test/e2e/support/stack.ts';
import { until } from '../../test/e2e/support/sweep.ts';
import { first, last, type Mark } from '../../workers/agent/trace-file.ts';

export interface Victim {
  readonly stack: TestStack;
  readonly root: string;
  readonly sweepId: string;
  readonly jobId: string;
  readonly restartCount: number;
  readonly marks: () => Promise<Mark[]>;
}

export interface Kind {
  readonly name: string;
  /** What t = 0 is. */
  readonly zero: string;
  /** `temporal:` and sbatch options of the sweep that suffers it. */
  readonly temporal: Readonly<Record<string, unknown>>;
  readonly begin: (victim: Victim) => Promise<number>;
}

const hour = { slurm: { partition: 'low', 'cpus-per-task': 1, time: 60 } };
const now = (): number => performance.timeOrigin + performance.now();
const allocation = ({ root, sweepId, jobId, restartCount }: Victim) =>
  sweepLayout(root, sweepId).trial(1).allocation({ jobId, restartCount });

export const step: Kind = {
  name: 'step notice',
  zero: 'the agent hears SIGTERM (scancel -s TERM JOB.0)',
  temporal: hour,
  begin: async (victim) => {
    const { stack, jobId, restartCount, marks } = victim;
    await scancel(stack, '-s', 'TERM', `${jobId}.0`);
    return until('the agent hears SIGTERM', async () => first(await marks(), `${jobId}.${restartCount}`, 'notice'));
  },
};

/** The file is written by the batch shell's trap. */
const noticeFile = (victim: Victim): Promise<number> =>
  until('the notice file', async () => (await stat(allocation(victim).notice)).mtimeMs);

export const batch: Kind = {
  name: 'batch-shell notice',
  zero: "the batch shell's trap runs (scancel -s USR1 --batch)",
  temporal: hour,
  begin: async (victim) => {
    await scancel(victim.stack, '--signal=USR1', '--batch', victim.jobId);
    return noticeFile(victim);
  },
};

export const limit: Kind = {
  name: 'time limit',
  zero: 'the checkpoint to leave with is durable (--time=1; the training goes on after the notice)',
  temporal: { slurm: { partition: 'low', 'cpus-per-task': 1, time: 1 }, lead_time: '45s' },
  begin: async ({ jobId, restartCount, marks }) => {
    const job = `${jobId}.${restartCount}`;
    await until('the agent leaves', async () => first(await marks(), job, 'leaving'), 120);
    return last(await marks(), job, 'trainer: checkpoint') ?? now();
  },
};

export const preemptor: Kind = {
  name: 'preemptor',
  zero: "the preemptor's sbatch is called",
  temporal: hour,
  begin: async ({ stack, jobId }) => {
    const shown = await stack.scheduler.show(jobId);
    const node = shown.kind === 'answer' ? shown.value?.node : null;
    if (typeof node !== 'string') throw new Error(`job ${jobId} has no node`);
    const zero = now();
    await preempt(stack, node, 1);
    return zero;
  },
};

export const kill: Kind = {
  name: 'SIGKILL of the agent',
  zero: 'the kill',
  temporal: hour,
  begin: async (victim) => {
    const pid = Number(await readFile(allocation(victim).ready, 'utf8'));
    const zero = now();
    process.kill(pid, 'SIGKILL');
    return zero;
  },
};
