/** Puts the fake SLURM on a PATH of its own. */
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSlurmScheduler } from '../../../../activities/scheduler/slurm/scheduler.ts';
import type { Scheduler } from '../../../../activities/scheduler/port.ts';

export interface FakeJob {
  readonly name: string;
  readonly state: string;
  readonly restart?: number;
  readonly start?: number | string;
  readonly end?: number | string;
  /** Raw wait status. */
  readonly status?: number;
  readonly reason?: string;
  readonly node?: string;
}

export interface FakeSlurm {
  readonly scheduler: Scheduler;
  put(jobId: string, job: FakeJob): Promise<void>;
  state(jobId: string): Promise<string | null>;
  /** `sbatch heard`: the job is in, the answer is a time-out. `sbatch lost`: neither. See the script. */
  next(...lines: string[]): Promise<void>;
  /** Calls so far, a line each. */
  calls(): Promise<string[]>;
  jobs(): Promise<string[]>;
  close(): Promise<void>;
}

const program = fileURLToPath(new URL('fake-slurm', import.meta.url));
const quote = (value: unknown): string => `'${String(value)}'`;

export async function openFakeSlurm(): Promise<FakeSlurm> {
  const directory = await mkdtemp(join(tmpdir(), 'fake-slurm-'));
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await mkdir(join(directory, 'jobs'));
  for (const name of ['sbatch', 'squeue', 'scontrol', 'scancel', 'sacct', 'sinfo'])
    await symlink(program, join(bin, name));
  const scheduler = createSlurmScheduler({
    environment: { PATH: `${bin}:/usr/bin:/bin`, FAKE_SLURM: directory },
    submissions: { burst: 100, perSecond: 1_000 },
  });
  return {
    scheduler,
    async put(jobId, job) {
      const all = { restart: 0, start: 'N/A', end: 'N/A', node: '', status: 0, reason: 'None', ...job };
      const line = Object.entries(all).map(([name, value]) => `${name}=${quote(value)}`);
      await writeFile(join(directory, 'jobs', jobId), line.join(' ') + '\n');
    },
    async state(jobId) {
      const text = await readFile(join(directory, 'jobs', jobId), 'utf8').catch(() => '');
      return /state='?([A-Z_]+)/.exec(text)?.[1] ?? null;
    },
    next: (...lines) => appendFile(join(directory, 'next'), lines.map((line) => `${line}\n`).join('')),
    calls: async () => (await readFile(join(directory, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean),
    jobs: () => readdir(join(directory, 'jobs')),
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
