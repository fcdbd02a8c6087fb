/** `temporal sweep doctor` against a real server and a real SLURM: what it finds, mends, rehearses and cleans up. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import type { Connection } from '@temporalio/client';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding, Section } from '../../workers/doctor/finding.ts';
import { compiled, packageRoot } from '../../workers/package-root.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { liveJobs, startSweep, until, untilTraining, writeSweep } from './support/sweep.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ scheduler: 'slurm', graceSeconds: 10 });
});
afterAll(() => stack?.stop());

async function doctor(...args: string[]): Promise<{ exitCode: number | undefined; findings: Map<string, Finding> }> {
  const { exitCode, stdout, stderr } = await stack.cli('doctor', '--root', stack.root, '--json', ...args);
  const sections = JSON.parse(stdout || `"${stderr}"`) as Section[];
  const findings = sections.flatMap((section) => section.findings);
  return { exitCode, findings: new Map(findings.map((finding) => [finding.name, finding])) };
}

/** Nothing of doctor's own may stay in the root. */
const leftovers = async (): Promise<string[]> => (await readdir(stack.root)).filter((name) => name === '.doctor');

test('a cluster that is ready passes, with a job that looked at a node from inside', async () => {
  const { exitCode, findings } = await doctor();
  const problems = [...findings.values()].filter(({ level }) => level === 'problem');
  expect(problems).toEqual([]);
  expect(exitCode).toBe(0);
  expect(findings.get('namespace')).toMatchObject({ level: 'ok', found: 'default' });
  expect(findings.get('search attributes')).toMatchObject({ level: 'ok' });
  expect(findings.get('control worker')).toMatchObject({ level: 'ok', found: '1 on task queue sweeps' });
  expect(findings.get('controller')).toMatchObject({ level: 'ok' });
  expect(findings.get('partition low (default)')?.found).toMatch(/^REQUEUE, grace 10 s, limit UNLIMITED, tier 1$/);
  expect(findings.get('clock of the controller')).toMatchObject({ level: 'ok' });
  expect(findings.get('probe job')).toMatchObject({ level: 'ok' });
  expect(findings.get('Node')).toMatchObject({ level: 'ok', found: process.versions.node });
  expect(findings.get('shared directory')?.found).toMatch(/GB free, durable write \d+ ms$/);
  expect(findings.get('Temporal from the node')?.found).toContain(stack.address);
  expect(await liveJobs(stack)).toEqual([]);
  expect(await leftovers()).toEqual([]);
});

test('missing search attributes are created by --fix, and only then', async () => {
  const { operatorService } = stack.client.connection as Connection;
  const { namespace } = stack.client.options;
  await operatorService.removeSearchAttributes({ namespace, searchAttributes: ['Resumes'] });
  const missing = await until('the server has forgotten it', async () => {
    const { findings } = await doctor('--no-probe');
    const found = findings.get('search attributes');
    return found?.level === 'warning' && found;
  });
  expect(missing.found).toBe('missing: Resumes');
  const mended = await doctor('--no-probe', '--fix');
  expect(mended.findings.get('search attributes')).toMatchObject({ level: 'ok' });
});

test('a launch.sh that ends the job is found out by the probe', async () => {
  await writeFile(join(stack.directory, 'launch.sh'), 'exit 3\n');
  const file = await writeSweep(stack, 'broken', { temporal: { launch: 'launch.sh' } });
  const { exitCode, findings } = await doctor(file);
  expect(exitCode).toBe(1);
  expect(findings.get('probe job')).toMatchObject({ level: 'problem' });
  expect(findings.get('probe job')?.found).toMatch(/launch\.sh, code 3$/);
});

test('a rehearsed trial is notified and preempted, and resumes at the very next step each time', async () => {
  const { exitCode, findings } = await doctor('--no-probe', '--rehearse', '--partition', 'low');
  for (const cause of ['notice', 'preemption']) {
    const finding = findings.get(`rehearsal: ${cause}`);
    expect(finding).toMatchObject({ level: 'ok' });
    const [, step, next] = /step (\d+), resumed at step (\d+)$/.exec(finding!.found)!;
    expect(Number(next)).toBe(Number(step) + 1);
    for (const stage of ['checkpoint durable', 'requeued and released', 'first new step'])
      expect(finding!.timeline!.map(({ name }) => name)).toContain(stage);
  }
  expect(exitCode).toBe(0);
  expect(await liveJobs(stack)).toEqual([]);
  expect(await leftovers()).toEqual([]);
  const open: string[] = [];
  for await (const { workflowId } of stack.client.workflow.list({ query: 'ExecutionStatus="Running"' }))
    open.push(workflowId);
  expect(open).toEqual([]);
});

test('P11: an interrupted rehearsal leaves no job, no workflow and no file', async () => {
  const child = spawn(
    process.execPath,
    [compiled('workers/cli'), 'doctor', '--root', stack.root, '--no-probe', '--rehearse'],
    { env: stack.environment, cwd: packageRoot(), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve) =>
    child.stderr.on('data', (text: Buffer) => text.toString().includes('notice for job') && resolve()),
  );
  child.kill('SIGINT');
  expect(await code).toBe(130);
  expect(await liveJobs(stack)).toEqual([]);
  expect(await leftovers()).toEqual([]);
});

test('a trial whose sweep was terminated is found, cancelled, and keeps its results', async () => {
  const file = await writeSweep(stack, 'ended', { trials: 1, epochs: 1_000_000 });
  await startSweep(stack, 'ended', file);
  await untilTraining(stack, 'ended', 1);
  const before = await stack.cli('doctor', '--orphans', '--root', stack.root);
  expect(before).toMatchObject({ exitCode: 0, stdout: 'nothing is left behind' });

  await stack.temporal('workflow', 'terminate', '--workflow-id', 'ended', '--address', stack.address);
  const listed = await until('the trial is listed', async () => {
    const result = await stack.cli('doctor', '--orphans', '--root', stack.root);
    return result.exitCode === 1 && result.stdout;
  });
  expect(listed).toBe('trial ended/1: it runs, and its sweep is over; --cancel ends it');

  const ended = await stack.cli('doctor', '--orphans', '--cancel', '--root', stack.root);
  expect(ended).toMatchObject({ exitCode: 0, stdout: 'trial ended/1: it runs, and its sweep is over; cancelled' });
  await until('the trial is over', async () => {
    const { status } = await stack.client.workflow.getHandle('ended/1').describe();
    return status.name === 'CANCELLED';
  });
  await until('its job has left', async () => (await liveJobs(stack)).length === 0);
  expect(await readFile(join(stack.root, 'ended/trials/1/metrics.jsonl'), 'utf8')).not.toBe('');
  const after = await stack.cli('doctor', '--orphans', '--root', stack.root);
  expect(after).toMatchObject({ exitCode: 0, stdout: 'nothing is left behind' });
});

test('a job whose trial was terminated, too, is cancelled; a job of an unknown identity is only listed', async () => {
  const file = await writeSweep(stack, 'cut', { trials: 1, epochs: 1_000_000 });
  await startSweep(stack, 'cut', file);
  const { jobId } = await untilTraining(stack, 'cut', 1);
  await stack.worker.stop(); // nobody ends the job behind the terminated workflow
  const stranger = await stack.scheduler.submit({
    name: 'foreign/1.1@0123456789ab',
    script: join(stack.root, 'cut/trials/1/submissions/1/job.sh'),
    directory: stack.directory,
    output: join(stack.directory, 'foreign.log'),
    options: { partition: 'low', begin: 'now+1hour' },
    leadSeconds: 10,
  });
  if (stranger.kind !== 'submitted') throw new Error(stranger.message);
  for (const id of ['cut', 'cut/1'])
    await stack.temporal('workflow', 'terminate', '--workflow-id', id, '--address', stack.address);
  const { stdout, exitCode } = await stack.cli('doctor', '--orphans', '--cancel', '--json', '--root', stack.root);
  const report = JSON.parse(stdout) as { orphan: { kind: string; jobId?: string }; done: string }[];
  const byKind = new Map(report.map(({ orphan, done }) => [orphan.kind, { jobId: orphan.jobId, done }]));
  expect(byKind.get('stranger')).toEqual({
    jobId: stranger.jobId,
    done: `left alone; if it is nobody's: scancel ${stranger.jobId}`,
  });
  // The agent may have noticed before: then its job has left by itself, and only the watch entry stays.
  expect(exitCode).toBe(0);
  if (byKind.has('job')) expect(byKind.get('job')).toEqual({ jobId, done: 'cancelled' });
  await until('its job has left', async () => {
    const live = await liveJobs(stack);
    return live.length === 1 && live[0]!.startsWith(`${stranger.jobId} `);
  });
  await stack.scheduler.cancel(stranger.jobId);
});

test('without Temporal the other checks still run', async () => {
  const { exitCode, stdout } = await stack.cli(
    'doctor',
    '--root',
    stack.root,
    '--address',
    '127.0.0.1:1',
    '--rehearse',
  );
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/PROBLEM\s+Temporal\s+no Temporal server at 127\.0\.0\.1:1/);
  expect(stdout).toMatch(/OK\s+controller/);
  expect(stdout).toMatch(/PROBLEM\s+Temporal from the node/);
  expect(stdout).toMatch(/WARNING\s+rehearsal\s+the trial did not begin to train: Temporal does not answer/);
});

test("without SLURM's commands the other checks still run, and no job is tried", async () => {
  const args = [compiled('workers/cli'), 'doctor', '--root', join(stack.directory, 'nowhere')];
  const env = { ...stack.environment, PATH: join(stack.directory, 'bin') };
  const { exitCode, stdout } = await execa(process.execPath, args, { env, extendEnv: false, reject: false });
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/OK\s+search attributes/);
  expect(stdout).toMatch(/PROBLEM\s+commands\s+not on PATH: sbatch, squeue, scontrol, scancel, srun/);
  expect(stdout).not.toContain('probe job');
  expect(await readdir(stack.directory)).not.toContain('nowhere');
});

test('wrong arguments are exit code 2', async () => {
  for (const args of [['--cancel'], ['--wait', 'soon'], ['--slurm', 'A=b'], ['nothing.yaml']])
    expect(await stack.cli('doctor', ...args), args.join(' ')).toMatchObject({ exitCode: 2, stdout: '' });
});

test('on the local scheduler it says so, looks, and rehearses', async () => {
  const local = await startTestStack({ scheduler: 'local' });
  try {
    const socket = join(local.directory, 'local', 'socket');
    const { exitCode, stdout } = await local.cli(
      'doctor',
      '--root',
      local.root,
      '--local-scheduler',
      socket,
      '--rehearse',
    );
    expect(stdout).toMatch(/OK\s+local scheduler\s+it answers/);
    expect(stdout).toMatch(/OK\s+probe job/);
    expect(stdout.match(/OK\s+rehearsal: (notice|preemption)/g)).toHaveLength(2);
    expect(exitCode).toBe(0);
    expect(await liveJobs(local)).toEqual([]);
  } finally {
    await local.stop();
  }
});
