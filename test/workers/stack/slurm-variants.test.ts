/** What the private cluster can be beside its default: every variant shows SLURM's own answer to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findExecutable } from '../../../workers/stack/executables.ts';
import { allPids, environmentOf, identify } from '../../../workers/stack/process-table.ts';
import {
  type SlurmCluster,
  type SlurmClusterOptions,
  startSlurmCluster,
} from '../../../workers/stack/slurm-cluster.ts';

const have = (...names: string[]): boolean =>
  process.getuid?.() === 0 && names.every((name) => findExecutable(name) !== null);

let directory: string;
let cluster: SlurmCluster;
beforeEach(() => void (directory = join(mkdtempSync(join(tmpdir(), 'variant-')), 'a folder with blanks')));
afterEach(async () => {
  await cluster.stop();
  rmSync(dirname(directory), { recursive: true, force: true });
});

const start = async (options: Omit<SlurmClusterOptions, 'directory'>): Promise<void> =>
  void (cluster = await startSlurmCluster({ directory, nodes: 1, cpusPerNode: 1, killWaitSeconds: 1, ...options }));

const slurm = (file: string, ...args: string[]) =>
  execa(file, args, { env: cluster.environment, cwd: tmpdir(), reject: false });

async function submit(...options: string[]): Promise<string> {
  const { stdout, stderr } = await slurm(
    'sbatch',
    '--parsable',
    '--output=/dev/null',
    ...options,
    '--wrap',
    'srun sleep 300',
  );
  return stdout || stderr;
}

async function record(jobId: string): Promise<(name: string) => string> {
  const { stdout } = await slurm('scontrol', '--oneliner', 'show', 'job', jobId);
  return (name) => new RegExp(`\\b${name}=(\\S+)`).exec(stdout)?.[1] ?? '';
}

const untilState = (jobId: string, state: string): Promise<void> =>
  vi.waitFor(async () => expect((await record(jobId))('JobState')).toBe(state), { timeout: 20_000, interval: 50 });

describe.runIf(have('slurmctld', 'munged'))('a private SLURM', { timeout: 60_000 }, () => {
  test.each([
    ['CANCEL', 'PREEMPTED'],
    ['SUSPEND', 'SUSPENDED'],
    ['REQUEUE', 'PENDING'],
  ] as const)('with a partition of PreemptMode=%s shows its preempted job %s', async (preemptMode, state) => {
    await start({ extraPartitions: [{ name: 'other', preemptMode, graceSeconds: 0 }] });
    const low = await submit('--partition=other', '--requeue');
    await untilState(low, 'RUNNING');
    const high = await submit('--partition=high');
    await untilState(high, 'RUNNING');
    await untilState(low, state);
  });

  test('without JobRequeue does not requeue a job that did not ask for it', async () => {
    await start({ jobRequeue: false });
    const [plain, willing] = [await submit(), await submit('--requeue')];
    await untilState(plain, 'RUNNING');
    expect((await slurm('scontrol', 'requeue', plain)).stderr).toContain('Requested operation is presently disabled');
    await slurm('scancel', plain);
    await untilState(willing, 'RUNNING');
    expect((await slurm('scontrol', 'requeue', willing)).exitCode).toBe(0);
  });

  test('loses a node with all that runs on it, and has it back', async () => {
    await start({ nodes: 2 });
    const job = await submit('--nodelist=n2', '--no-requeue');
    await untilState(job, 'RUNNING');
    await cluster.killNode('n2');
    const left = allPids().filter(
      (pid) => identify(pid) !== null && environmentOf(pid).get('SLURM_CONF') === cluster.confPath,
    );
    expect(left.filter((pid) => environmentOf(pid).get('SLURMD_NODENAME') === 'n2')).toEqual([]);
    await cluster.reviveNode('n2');
    await slurm('scancel', job);
    await untilState(await submit('--nodelist=n2'), 'RUNNING');
  });

  test('loses its controller, and finds its jobs running when it is back', async () => {
    await start({});
    const job = await submit();
    await untilState(job, 'RUNNING');
    await cluster.stopController();
    const { stderr } = await slurm('timeout', '1', 'squeue');
    expect(stderr).not.toContain(job);
    await cluster.startController();
    await untilState(job, 'RUNNING');
    expect((await record(job))('Restarts')).toBe('0');
  });

  test('takes rl_enable without a word where SLURM is older than 23.02, and limits nobody then', async () => {
    await start({ slurmctldParameters: 'rl_enable,rl_bucket_size=3' });
    const { stdout } = await slurm('scontrol', 'show', 'config');
    expect(stdout).toMatch(/SlurmctldParameters += rl_enable,rl_bucket_size=3/);
    const [, major = 0, minor = 0] = (/SLURM_VERSION += (\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    if (major * 100 + minor >= 2302) return;
    const answers = await Promise.all(Array.from({ length: 20 }, () => slurm('squeue', '-h')));
    expect(answers.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
      answers.map(() => ({ exitCode: 0, stderr: '' })),
    );
  });
});

describe.runIf(have('slurmctld', 'munged', 'slurmdbd', 'mariadbd'))(
  'a private SLURM with accounting',
  { timeout: 90_000 },
  () => {
    test('enforces a QOS, remembers who cancelled, again after a restart, and leaves no daemon', async () => {
      const options = { accounting: { qos: { narrow: 'MaxSubmitJobsPerUser=1' } } };
      await start(options);
      const job = await submit('--qos=narrow');
      expect(await submit('--qos=narrow')).toContain('QOSMaxSubmitJobPerUserLimit');
      await untilState(job, 'RUNNING');
      await slurm('scancel', job);
      const untilRecorded = (state: RegExp): Promise<void> =>
        vi.waitFor(
          async () => {
            const { stdout } = await slurm('sacct', '-n', '-X', '-P', '-o', 'State', '-j', job);
            expect(stdout).toMatch(state);
          },
          { timeout: 20_000, interval: 200 },
        );
      await untilRecorded(/^CANCELLED by 0$/);
      await cluster.stop();
      expect(cluster.pids).toHaveLength(5);
      expect(cluster.pids.map(identify)).toEqual([null, null, null, null, null]);
      await start(options);
      // Not `by 0` any more: slurmctld tells the end of the jobs it recovers once again, and has forgotten who it was.
      await untilRecorded(/^CANCELLED/);
    });
  },
);
