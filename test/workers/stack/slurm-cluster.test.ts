/** The real daemons: a private cluster starts in about a tenth of a second. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeEach, describe, expect, test } from 'vitest';
import { endAll, startDaemon } from '../../../workers/stack/daemon.ts';
import { findExecutable } from '../../../workers/stack/executables.ts';
import { allPids, environmentOf, identify, nameOf } from '../../../workers/stack/process-table.ts';
import { type SlurmCluster, startSlurmCluster } from '../../../workers/stack/slurm-cluster.ts';
import { readInstance } from '../../../workers/stack/slurm-instance.ts';

const available = process.getuid?.() === 0 && findExecutable('slurmctld') !== null && findExecutable('munged') !== null;

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'cluster-')), 'a folder with blanks');
});

async function slurm(cluster: SlurmCluster, file: string, ...args: string[]): Promise<string> {
  return (await execa(file, args, { env: cluster.environment, cwd: tmpdir() })).stdout.trim();
}

const submit = (cluster: SlurmCluster, command: string, ...options: string[]): Promise<string> =>
  slurm(cluster, 'sbatch', '--parsable', '--output=/dev/null', ...options, '--wrap', command);

const field = async (cluster: SlurmCluster, jobId: string, name: string): Promise<string> =>
  new RegExp(`\\b${name}=(\\S+)`).exec(await slurm(cluster, 'scontrol', '--oneliner', 'show', 'job', jobId))?.[1] ?? '';

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await isSo()); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
  }
}

/** Daemons and jobs alike have the configuration in their environment, unless they overwrote it. */
const processesOf = (cluster: SlurmCluster): number[] =>
  allPids().filter(
    (pid) =>
      identify(pid) !== null &&
      (cluster.pids.includes(pid) || environmentOf(pid).get('SLURM_CONF') === cluster.confPath),
  );

describe.runIf(available)('a private SLURM', { timeout: 60_000 }, () => {
  test('runs a step, and stopping it leaves no process behind, not even a daemonised one', async () => {
    const cluster = await startSlurmCluster({ directory, nodes: 2 });
    const marks = ['step', 'stray'].map((name) => join(directory, name));
    const script = `setsid sh -c 'trap "" TERM; touch "${marks[1]}"; sleep 300' & srun sh -c 'touch "${marks[0]}"; exec sleep 300'`;
    await submit(cluster, script, '--partition', cluster.partitions.low);
    await until('step and stray process', () => marks.every((mark) => existsSync(mark)));
    expect(processesOf(cluster).map(nameOf)).toEqual(expect.arrayContaining(['munged', 'slurmctld', 'sleep']));
    await cluster.stop();
    await cluster.stop();
    expect(processesOf(cluster).map(nameOf)).toEqual([]);
    expect(readInstance(directory)).toBeNull();
  });

  test('a task is told by SIGTERM before it is killed', async () => {
    const cluster = await startSlurmCluster({ directory, nodes: 1 });
    const [ready, told] = ['ready', 'told'].map((name) => join(directory, name));
    const task = `trap 'echo yes > "${told}"; exit 0' TERM; touch "${ready}"; while :; do sleep 0.05; done`;
    await submit(cluster, `srun sh -c '${task.replaceAll("'", `'"'"'`)}'`);
    await until('the task', () => existsSync(ready ?? ''));
    await cluster.stop();
    expect(readFileSync(told ?? '', 'utf8')).toBe('yes\n');
  });

  test('pending jobs survive a restart, and running ones are requeued', async () => {
    const first = await startSlurmCluster({ directory, nodes: 1 });
    const running = await submit(first, 'srun sleep 300', '--requeue');
    await until('the job to run', async () => (await field(first, running, 'JobState')) === 'RUNNING');
    const held = await submit(first, 'true', '--hold');
    await first.stop();

    const second = await startSlurmCluster({ directory, nodes: 1 });
    try {
      expect(await field(second, held, 'JobState')).toBe('PENDING');
      await until('the requeue', async () => (await field(second, running, 'JobState')) === 'PENDING');
      expect(await field(second, running, 'Restarts')).toBe('1');
    } finally {
      await second.stop();
    }
  });

  test('a job of the high partition preempts one of the low partition', async () => {
    const cluster = await startSlurmCluster({ directory, nodes: 1, cpusPerNode: 1, graceSeconds: 1 });
    try {
      const low = await submit(cluster, 'srun sleep 300', '--partition', cluster.partitions.low, '--requeue');
      await until('the low job to run', async () => (await field(cluster, low, 'JobState')) === 'RUNNING');
      const high = await submit(cluster, 'exec sleep 300', '--partition', cluster.partitions.high);
      await until('the high job to run', async () => (await field(cluster, high, 'JobState')) === 'RUNNING');
      expect(await field(cluster, low, 'PreemptTime')).not.toBe('None');
    } finally {
      await cluster.stop();
    }
  });

  test('two clusters run beside each other; a second one on the same directory is refused by the pid of the first', async () => {
    const other = join(directory, 'other');
    const clusters = [
      await startSlurmCluster({ directory, nodes: 1 }),
      await startSlurmCluster({ directory: other, nodes: 1 }),
    ];
    try {
      await expect(startSlurmCluster({ directory, nodes: 1 })).rejects.toThrow(
        `already runs on ${directory}, started by process ${process.pid}`,
      );
      for (const cluster of clusters) expect(await slurm(cluster, 'sinfo', '-h', '-o', '%D', '-p', 'high')).toBe('1');
    } finally {
      for (const cluster of clusters) await cluster.stop();
    }
  });

  test('what a killed process left running is ended by the next start, and said', async () => {
    const module = new URL('../../../workers/stack/slurm-cluster.ts', import.meta.url).href;
    const script = join(directory, '..', 'owner.mts');
    writeFileSync(
      script,
      `const { startSlurmCluster } = await import(${JSON.stringify(module)});
      await startSlurmCluster({ directory: ${JSON.stringify(directory)}, nodes: 1 });
      console.log('up');
      setInterval(() => {}, 1000);`,
    );
    const log = join(directory, '..', 'owner.log');
    const owner = await startDaemon({ name: 'owner', file: process.execPath, args: ['--import', 'tsx', script], log });
    await until('the cluster of the other process', () => readFileSync(log, 'utf8').includes('up'));
    const left = readInstance(directory)?.daemons ?? [];
    await endAll([owner], 0);

    const lines: string[] = [];
    const cluster = await startSlurmCluster({ directory, nodes: 1, log: (line) => lines.push(line) });
    try {
      expect(left).toHaveLength(3);
      expect(lines).toEqual([expect.stringContaining(left.map(({ pid }) => pid).join(', '))]);
      expect(left.map(({ pid }) => identify(pid))).toEqual([null, null, null]);
    } finally {
      await cluster.stop();
    }
  });
});
