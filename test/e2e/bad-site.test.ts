/** What is wrong around a sweep rather than in it: SLURM, the directory, the server, what an earlier sweep left. */
import { access, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepLayout } from '../../activities/layout.ts';
import { failureOf, fixture, trialsOf } from './support/ends.ts';
import { processesNaming } from './support/processes.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { ended, liveJobs, startSweep, sweepStatus, trialStatus, until, writeSweep } from './support/sweep.ts';
import { wrap, type Wrapped } from './support/wrapped.ts';

let stack: TestStack;
let sbatch: Wrapped;
beforeAll(async () => {
  stack = await startTestStack({ scheduler: 'slurm', worker: false });
  sbatch = await wrap(stack, 'sbatch');
  await stack.worker.start(sbatch.environment);
});
afterAll(() => stack.stop());

const program = fixture('speaker.mjs');
const held = (id: string) => ({ lr: { value: 1 }, hold: { value: join(stack.directory, `${id}.go`) } });

test("a partition that SLURM refuses pauses the sweep with sbatch's own words; resume goes on", async () => {
  const file = await writeSweep(stack, 'nowhere', {
    trials: 40,
    program,
    keys: { parameters: { lr: { min: 0.1, max: 0.9 } }, run_cap: 5 },
    temporal: { concurrency: 3, slurm: { partition: 'nowhere', time: 10 } },
  });
  await startSweep(stack, 'nowhere', file);
  await Promise.all(
    [1, 2, 3].map((number) =>
      until(`trial ${number} was refused`, async () =>
        (await trialStatus(stack, 'nowhere', number)).activity.startsWith('submission refused'),
      ),
    ),
  );
  const status = await until('the sweep is paused', async () => {
    const now = await sweepStatus(stack, 'nowhere');
    return now.notes.length > 0 && now;
  });
  expect(status).toMatchObject({ state: 'pausing', started: 3, counts: { running: 3, failed: 0 } });
  expect(status.notes).toEqual([
    expect.stringMatching(
      /^SLURM refused trial \d: invalid partition specified: nowhere; .*Invalid partition name specified\b/,
    ),
  ]);
  expect(status.notes[0]).toContain('temporal sweep resume nowhere');
  expect(await sbatch.calls()).toBe(3);
  for (const number of [1, 2, 3]) {
    expect((await trialStatus(stack, 'nowhere', number)).state).toBe('waiting');
    const { raw } = await stack.client.workflow.getHandle(`nowhere/${number}`).describe();
    expect(raw.pendingActivities, 'nothing tries again by itself').toEqual([]);
  }

  await execa('scontrol', ['create', 'PartitionName=nowhere', 'Nodes=ALL', 'State=UP'], { env: stack.environment });
  expect((await stack.cli('resume', 'nowhere')).exitCode).toBe(0);
  const trials = await trialsOf(stack, 'nowhere');
  expect(trials.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'complete'));
  expect((await sweepStatus(stack, 'nowhere')).notes).toEqual([]);
  expect(await sbatch.calls()).toBe(3 + 5);
});

test('job-options moves a refused sweep to another partition; an option may follow a hyperparameter', async () => {
  const file = await writeSweep(stack, 'moved', {
    program,
    keys: { parameters: { lr: { value: 1 }, minutes: { values: [7] } }, run_cap: 1 },
    temporal: { slurm: { partition: 'nowhere-either', time: '${parameter:minutes}' } },
  });
  await startSweep(stack, 'moved', file);
  await until('the trial was refused', async () =>
    (await trialStatus(stack, 'moved', 1)).activity.startsWith('submission refused'),
  );
  const wrong = await stack.cli('job-options', 'moved', 'export=ALL');
  expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"export" may not be set by a message') });
  const moved = await stack.cli('job-options', 'moved', 'partition=low', 'exclusive', 'qos=');
  expect(moved).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--partition=low --exclusive (no qos)') });
  expect((await sweepStatus(stack, 'moved')).notes).toContain(
    'jobs are submitted with partition=low, exclusive, no qos (setJobOptions)',
  );
  expect((await stack.cli('resume', 'moved')).exitCode).toBe(0);
  expect(await trialsOf(stack, 'moved')).toMatchObject([{ state: 'complete' }]);
  const jobs = await execa('scontrol', ['show', 'job', '--oneliner'], { env: stack.environment });
  const job = jobs.stdout.split('\n').find((line) => line.includes('JobName=moved/1.'));
  expect(job).toMatch(/ Partition=low /);
  expect(job).toMatch(/ TimeLimit=00:07:00 /);
});

test('a root that cannot be written fails the sweep, naming directory, reason and --root', async () => {
  const root = join(stack.directory, 'a-file', 'sweeps');
  await writeFile(join(stack.directory, 'a-file'), '');
  const args = ['worker', '--root', root, '--task-queue', 'unwritable'];
  const worker = execa('temporal-sweep', args, { env: stack.environment, reject: false });
  try {
    const file = await writeSweep(stack, 'unwritable', { program });
    expect((await stack.cli('start', file, '--id', 'unwritable', '--task-queue', 'unwritable')).exitCode).toBe(0);
    const { type, message } = await failureOf(stack, 'unwritable');
    expect(type).toBe('DirectoryUnusable');
    expect(message).toContain(`${root}/unwritable cannot be used: ENOTDIR`);
    expect(message).toContain('Choose another --root');
  } finally {
    worker.kill('SIGTERM');
    expect((await worker).exitCode).toBe(0);
  }
});

test.each([
  ['status', ['status', 'any']],
  ['worker', ['worker', '--root', 'unused']],
])('%s with no server at the address: one line, how to name another, exit 1', async (_, args) => {
  const result = await stack.cli(...args, '--address', '127.0.0.1:1');
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr.split('\n')).toHaveLength(1);
  expect(result.stderr).toMatch(
    /^temporal-sweep: no Temporal server at 127\.0\.0\.1:1 .*temporal sweep dev.*--address HOST:PORT, TEMPORAL_ADDRESS/,
  );
});

test('a server already on the port: dev names it and its process, and leaves nothing running', async () => {
  const directory = join(stack.directory, 'second');
  const port = stack.address.split(':')[1]!;
  const result = await stack.cli('dev', '--directory', directory, '--root', join(directory, 'sweeps'), '--port', port);
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr).toMatch(
    new RegExp(
      `^temporal-sweep: port ${port}, wanted for .* is taken by a Temporal server [\\d.]+ \\(process ${stack.server.pid()}\\)`,
    ),
  );
  expect(result.stderr).toContain('--port');
  expect(result.stderr.split('\n')).toHaveLength(1);
  expect(processesNaming(directory)).toEqual([]);
});

test('the directory of another sweep is refused, with the command that moves it away', async () => {
  const file = await writeSweep(stack, 'twice', { trials: 1, program, keys: { parameters: { lr: { value: 1 } } } });
  await startSweep(stack, 'twice', file);
  const [first] = await trialsOf(stack, 'twice');
  await startSweep(stack, 'twice', file);
  const { type, message } = await failureOf(stack, 'twice');
  expect(type).toBe('DirectoryTaken');
  expect(message).toContain('belongs to another sweep (sweep twice, namespace default');
  const command = /mv (\S+) (\S+)$/.exec(message);
  expect(await ended(stack, 'twice'), 'the first results are untouched').toEqual([first]);
  await execa('mv', command!.slice(1));
  await startSweep(stack, 'twice', file);
  expect(await trialsOf(stack, 'twice')).toEqual([first]);
});

test('the next sweep of a name ends the trials of a terminated one, and says so', async () => {
  const file = await writeSweep(stack, 'again', { trials: 2, program, keys: { parameters: held('again') } });
  const directory = join(stack.root, 'again');
  await startSweep(stack, 'again', file);
  for (const number of [1, 2]) {
    // The agent's last file before the trainer begins: afterwards nobody writes into a directory that was moved away.
    const { resume } = sweepLayout(stack.root, 'again').trial(number).segment(1);
    await until(`trial ${number} works`, async () => access(resume).then(() => true));
  }
  await stack.client.workflow.getHandle('again').terminate('a test');
  await rename(directory, `${directory}.first`);
  await startSweep(
    stack,
    'again',
    await writeSweep(stack, 'again', { trials: 2, program, keys: { parameters: { lr: { value: 1 } } } }),
  );
  expect((await trialsOf(stack, 'again')).map(({ state }) => state)).toEqual(['complete', 'complete']);
  expect((await sweepStatus(stack, 'again')).notes).toEqual([
    'An earlier sweep of this name had trials 1, 2 still running (was it terminated?): told to checkpoint and end.',
  ]);
  expect(await liveJobs(stack)).toEqual([]);
});

test('a sweep whose directory is taken still ends what the terminated one before it left running', async () => {
  const file = await writeSweep(stack, 'thrice', { trials: 1, program, keys: { parameters: held('thrice') } });
  await startSweep(stack, 'thrice', file);
  const { resume } = sweepLayout(stack.root, 'thrice').trial(1).segment(1);
  await until('the trial works', async () => access(resume).then(() => true));
  await stack.client.workflow.getHandle('thrice').terminate('a test');
  await startSweep(stack, 'thrice', file);
  const { type, message } = await failureOf(stack, 'thrice');
  expect(type).toBe('DirectoryTaken');
  expect(message).toContain('had trial 1 still running (was it terminated?): told to checkpoint and end');
  const end = await stack.client.workflow
    .getHandle('thrice/1')
    .result()
    .catch((error: unknown) => error);
  expect(String((end as Error).cause)).toContain('Cancelled');
  expect(await liveJobs(stack)).toEqual([]);
});
