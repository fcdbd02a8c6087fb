/**
 * The real poller and the real port over a fake squeue and sacct. An hour is as many rounds as it has intervals, without the
 * waiting; in every other round a twentieth of the jobs has just left the list and is known to accounting only.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPoller } from '../../activities/scheduler/poller.ts';
import { createSlurmScheduler } from '../../activities/scheduler/slurm/scheduler.ts';
import { token } from '../../activities/scheduler/token.ts';
import { writeEntry } from '../../activities/scheduler/watch.ts';
import { openFakeCommands, squeueLine } from './fake-commands.ts';

export interface Calls {
  readonly trials: number;
  readonly rounds: number;
  readonly squeue: number;
  readonly sacct: number;
}

/** The control worker's default. Seconds. */
const INTERVAL = 30;

export async function measureCalls(sizes: readonly number[]): Promise<Calls[]> {
  const measured: Calls[] = [];
  for (const trials of sizes) measured.push(await measure(trials));
  return measured;
}

async function measure(trials: number): Promise<Calls> {
  const fake = await openFakeCommands();
  const root = join(fake.directory, 'sweeps');
  await mkdir(root);
  const identity = { namespace: 'default', sweepId: 'bench', firstRunId: 'run' };
  const names = Array.from({ length: trials }, (_, index) => token(identity, index + 1, 1));
  for (const [index, name] of names.entries())
    await writeEntry(root, {
      ...{ identity, workflowId: `bench/${index + 1}`, token: name, jobId: String(index + 1), restartCount: 0 },
    });
  const leaving = Math.max(1, Math.floor(trials / 20));
  const list = names.map((name, index) => squeueLine(index + 1, name));
  await writeFile(join(fake.directory, 'all'), list.join(''));
  await writeFile(join(fake.directory, 'fewer'), list.slice(leaving).join(''));
  const ended = names.slice(0, leaving).map((name, index) => `${index + 1}|COMPLETED|1|2|3|0:0|n1|None|${name}\n`);
  await writeFile(join(fake.directory, 'ended'), ended.join(''));
  await fake.command('squeue', 'if rm odd 2>/dev/null; then cat all; else : > odd; cat fewer; fi');
  await fake.command('sacct', 'cat ended');

  const scheduler = createSlurmScheduler({ environment: fake.environment });
  const counts = { squeue: 0, sacct: 0 };
  const rounds = 3_600 / INTERVAL;
  let over = (): void => {};
  const hour = new Promise<void>((resolve) => (over = resolve));
  scheduler.observe(({ command }) => {
    if (command === 'squeue' && ++counts.squeue >= rounds) over();
    if (command === 'sacct') counts.sacct += 1;
  });
  // A trial that does not accept the news is told again, so that every other round has something to ask.
  const onChange = (): Promise<void> => Promise.reject(new Error('not now'));
  const poller = createPoller({ scheduler, root, intervalMs: 0, onChange, log: () => {} });
  poller.start();
  await hour;
  await poller.stop();
  await fake.close();
  return { trials, rounds, ...counts };
}
