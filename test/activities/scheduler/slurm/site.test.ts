/** What odd clusters answer, by executables on a PATH of their own. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jobsOnNode, notifyBatchShell, readSite } from '../../../../activities/scheduler/slurm/site.ts';
import {
  parameter,
  parseAssociations,
  parseConfig,
  parsePartitions,
} from '../../../../activities/scheduler/slurm/site-parse.ts';

const recorded = (name: string): Promise<string> => readFile(new URL(`recorded/${name}`, import.meta.url), 'utf8');

let bin: string;
beforeEach(async () => void (bin = await mkdtemp(join(tmpdir(), 'fake-site-'))));
afterEach(() => rm(bin, { recursive: true, force: true }));

async function fake(name: string, ...lines: string[]): Promise<void> {
  const path = join(bin, name);
  await writeFile(path, `#!/bin/bash\n${lines.join('\n')}\n`);
  await chmod(path, 0o755);
}
const environment = () => ({ PATH: `${bin}:/bin` });

test('every setting of slurm.conf is read, what is not set is left out, later sections do not count', async () => {
  const old = parseConfig(await recorded('config-22.05.txt'));
  expect(old.settings).toMatchObject({ SLURM_VERSION: '22.05.8', KillWait: '5 sec', JobRequeue: '1' });
  expect(old.settings).not.toHaveProperty('RequeueExit');
  expect(old.controllers).toEqual(['primary at vm is UP']);
  expect(old.asOf).toBe(1795534830);
  const recent = parseConfig(await recorded('config-25.11.txt'));
  expect(recent.settings).toMatchObject({ KillWait: '30 sec', MaxBatchRequeue: '5', 'SlurmctldHost[1]': 'ctl2' });
  expect(recent.controllers).toEqual(['primary at ctl1 is DOWN', 'backup1 at ctl2 is UP']);
});

test('a controller that prints local time tells no clock', () => {
  expect(parseConfig('Configuration data as of 2026-04-21T06:19:30\nKillWait = 30 sec\n').asOf).toBeNull();
});

test('partitions are read whatever their release prints', async () => {
  const [low] = parsePartitions(await recorded('partitions-22.05.txt'));
  expect(low).toMatchObject({ name: 'low', isDefault: true, preemptMode: 'REQUEUE', graceTime: 10, totalNodes: 4 });
  const recent = parsePartitions(await recorded('partitions-25.11.txt'));
  expect(recent.map(({ name, priorityTier }) => [name, priorityTier])).toEqual([
    ['scavenge', 1],
    ['gpu', 2],
    ['old', 1],
  ]);
  expect(recent[1]).toMatchObject({ allowAccounts: 'ml,vision', maxTime: '2-00:00:00' });
});

test('limits of an association are numbers, or none', () => {
  expect(parseAssociations('ml||normal,high||200\nvision|gpu|normal|4|\nwarning\n')).toEqual([
    { account: 'ml', partition: '', qos: 'normal,high', maxJobs: null, maxSubmit: 200 },
    { account: 'vision', partition: 'gpu', qos: 'normal', maxJobs: 4, maxSubmit: null },
  ]);
});

test('a parameter is found by its whole name', () => {
  expect(parameter('enable_configless, rl_enable,rl_bucket_size=30', 'rl_enable')).toBe(true);
  expect(parameter('rl_bucket_size=30', 'rl_bucket_size')).toBe('30');
  expect(parameter('preempt_send_user_signal', 'send_user_signal')).toBeNull();
  expect(parameter(undefined, 'rl_enable')).toBeNull();
});

test('P10: a site is read by one call per question, and sacctmgr only where there is a database', async () => {
  const log = `echo "\${0##*/} $*" >> '${bin}/calls'`;
  await writeFile(join(bin, 'config'), await recorded('config-22.05.txt'));
  await writeFile(join(bin, 'partitions'), await recorded('partitions-22.05.txt'));
  for (const name of ['sbatch', 'squeue', 'scancel', 'srun', 'sacctmgr']) await fake(name, log);
  await fake('scontrol', log, `case $* in *config*) cat '${bin}/config';; *partition*) cat '${bin}/partitions';; esac`);
  const site = await readSite({ environment: environment() });
  expect(site.missing).toEqual([]);
  expect(site.partitions).toMatchObject({ kind: 'answer', value: [{ name: 'low' }, { name: 'high' }] });
  const calls = (await readFile(join(bin, 'calls'), 'utf8')).split('\n').filter((line) => !/--version|^$/.test(line));
  expect(calls).toEqual(['scontrol show config', 'scontrol show partition --oneliner']);
});

test('no client commands, and a controller that is down, are each told in words', async () => {
  const none = await readSite({ environment: { PATH: bin } });
  expect(none.missing).toEqual(['sbatch', 'squeue', 'scontrol', 'scancel', 'srun']);
  expect(none.config).toMatchObject({ kind: 'unknown', message: expect.stringContaining('not found on PATH') });
  await fake('scontrol', 'echo "slurm_load_ctl_conf error: Unable to contact slurm controller" >&2; exit 1');
  const down = await readSite({ environment: environment() });
  expect(down.config).toEqual({
    kind: 'unknown',
    message: 'slurm_load_ctl_conf error: Unable to contact slurm controller',
  });
  expect(down.controllerAhead).toBeNull();
});

test("a controller's clock is known to a second, whichever way it is off", async () => {
  await fake('scontrol', `case $* in *config*) echo "Configuration data as of $(($(date +%s) + 10))";; esac`);
  const { controllerAhead } = await readSite({ environment: { PATH: `${bin}:/usr/bin:/bin` } });
  expect(controllerAhead!.least).toBeLessThanOrEqual(10_000);
  expect(controllerAhead!.most).toBeGreaterThanOrEqual(10_000);
});

test('the batch shell alone is signalled; a refusal comes in the words of SLURM', async () => {
  await fake(
    'scancel',
    `echo "$*" >> '${bin}/calls'`,
    '[ "$3" = 8 ] || exit 0',
    'echo "scancel: error: Invalid job id" >&2; exit 1',
  );
  expect(await notifyBatchShell('7', environment())).toBeNull();
  expect(await notifyBatchShell('8', environment())).toBe('Invalid job id');
  expect(await readFile(join(bin, 'calls'), 'utf8')).toBe('--signal=USR1 --batch 7\n--signal=USR1 --batch 8\n');
});

test("a node's jobs are those of all users", async () => {
  await fake('squeue', 'echo "$*" | grep -q -- --user && exit 1', 'printf "12\\n13\\n"');
  expect(await jobsOnNode('n1', { PATH: `${bin}:/usr/bin:/bin` })).toEqual({ kind: 'answer', value: ['12', '13'] });
});
