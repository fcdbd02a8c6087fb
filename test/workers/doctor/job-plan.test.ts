import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planJobs } from '../../../workers/doctor/job-plan.ts';
import { makeScratch } from '../../../workers/doctor/scratch.ts';
import { access, mkdir } from 'node:fs/promises';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'doctor-plan-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

test('options of the command line are stronger than those of sweep.yaml, and jobs are short', async () => {
  await writeFile(join(directory, 'launch.sh'), '#!/bin/bash\n#SBATCH --constraint=fast\nmodule load cuda\n');
  const file = join(directory, 'sweep.yaml');
  const slurm = '{ partition: low, account: ml, cpus-per-task: 4, time: 2-00:00:00 }';
  await writeFile(
    file,
    `command: [python, x.py]\nmethod: random\nparameters: { x: { value: 1 } }\ntemporal: { launch: launch.sh, slurm: ${slurm} }\n`,
    { mode: 0o600 },
  );
  expect(await planJobs(file, ['account=vision', '--exclusive'], 'gpu')).toEqual({
    options: { partition: 'gpu', account: 'vision', 'cpus-per-task': '4', time: '10', exclusive: true },
    launch: { path: join(directory, 'launch.sh'), sbatchLines: ['#SBATCH --constraint=fast'] },
    threads: 4,
    source: file,
  });
});

test('what is no option of sbatch, and a wrong sweep.yaml, are wrong arguments', async () => {
  await expect(planJobs(null, ['cpus_per_task=2'], null)).rejects.toMatchObject({ exitCode: 2 });
  const file = join(directory, 'sweep.yaml');
  await writeFile(file, 'method: random\n', { mode: 0o600 });
  await expect(planJobs(file, [], null)).rejects.toMatchObject({ exitCode: 2 });
});

test("doctor's directory leaves nothing behind, and never takes a sweep with it", async () => {
  const root = join(directory, 'a', 'sweeps');
  const first = await makeScratch(root);
  await writeFile(join(first.directory, 'file'), '');
  await first.remove();
  await expect(access(join(directory, 'a'))).rejects.toMatchObject({ code: 'ENOENT' });
  const second = await makeScratch(root);
  await mkdir(join(root, 'lr'));
  await second.remove();
  await expect(access(join(root, 'lr'))).resolves.toBeUndefined();
  await expect(access(join(root, '.doctor'))).rejects.toMatchObject({ code: 'ENOENT' });
});
