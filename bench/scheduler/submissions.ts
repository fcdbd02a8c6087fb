/** Many trials want a job at once: the port, with its default rate limit and without, beside bare calls of the same sbatch. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { sbatchArguments } from '../../activities/scheduler/options.ts';
import type { JobRequest } from '../../activities/scheduler/port.ts';
import { createSlurmScheduler } from '../../activities/scheduler/slurm/scheduler.ts';
import { findExecutable } from '../../workers/stack/executables.ts';
import { startSlurmCluster } from '../../workers/stack/slurm-cluster.ts';
import { openFakeCommands } from './fake-commands.ts';

export interface Submissions {
  readonly name: string;
  readonly seconds: number;
  readonly perSecond: number;
  readonly ofFloor: number;
}

export async function measureSubmissions(count: number): Promise<Submissions[]> {
  const fake = await openFakeCommands();
  await fake.command('sbatch', 'echo 7');
  const stood = await series('a fake sbatch', count, fake.environment, fake.directory);
  await fake.close();
  return [...stood, ...(await onCluster(count))];
}

async function onCluster(count: number): Promise<Submissions[]> {
  if (['munged', 'slurmctld', 'slurmd', 'sbatch'].some((name) => findExecutable(name) === null)) return [];
  const directory = await mkdtemp(join(tmpdir(), 'bench-cluster-'));
  const cluster = await startSlurmCluster({ directory: join(directory, 'slurm'), nodes: 1 });
  try {
    return await series('a private SLURM', count, { ...process.env, ...cluster.environment }, directory);
  } finally {
    await cluster.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function series(
  where: string,
  count: number,
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
): Promise<Submissions[]> {
  const script = join(directory, 'job.sh');
  await writeFile(script, '#!/bin/sh\n', { mode: 0o700 });
  const request = (index: number): JobRequest => ({
    ...{ name: `bench/${index}.1@0123456789ab`, script, directory, output: '/dev/null', leadSeconds: 60 },
    options: { hold: true },
  });
  const bare = (wanted: JobRequest): Promise<unknown> =>
    execa('sbatch', sbatchArguments(wanted), { env: environment, extendEnv: false });
  const port = (submissions?: { burst: number; perSecond: number }) => {
    const scheduler = createSlurmScheduler({ environment, ...(submissions !== undefined && { submissions }) });
    return async (wanted: JobRequest): Promise<void> => {
      const result = await scheduler.submit(wanted);
      if (result.kind !== 'submitted') throw new Error(result.message);
    };
  };
  const timed = async (submit: (wanted: JobRequest) => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await Promise.all(Array.from({ length: count }, (_, index) => submit(request(index))));
    return (performance.now() - began) / 1_000;
  };
  const floor = await timed(bare);
  const row = (name: string, seconds: number): Submissions => ({
    ...{ name: `${where}, ${name}`, seconds, perSecond: count / seconds, ofFloor: floor / seconds },
  });
  return [
    row('bare', floor),
    row('the port without a limit', await timed(port({ burst: count, perSecond: 1_000 }))),
    row('the port, 20 at once, then 10 per second', await timed(port())),
  ];
}
