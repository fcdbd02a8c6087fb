import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderJobScript } from '../../../activities/scheduler/job-script.ts';
import type { JobScriptInput } from '../../../activities/scheduler/job-script.ts';

// To accept a change: npx vitest run --project unit test/activities/scheduler/job-script.test.ts -u
describe('the job script', () => {
  const input: JobScriptInput = {
    nodePath: '/usr/bin/node',
    agentPath: '/opt/temporal-sweep/agent.js',
    reporterPath: '/opt/temporal-sweep/report-end.js',
    jobFile: '/sweeps/lr/trials/3/submissions/1/job.json',
    allocationsDirectory: '/sweeps/lr/trials/3/allocations',
    launch: { path: "/home/user/it's here/launch.sh", sbatchLines: ['#SBATCH --partition=low', '#SBATCH -t 10'] },
    cpusPerTask: 2,
    step: 'srun',
    comment: 'lr/3.1@0123456789ab',
  };

  it('is this text', async () => {
    await expect(renderJobScript(input)).toMatchFileSnapshot('job-script.golden.sh');
  });

  it('without launch.sh, for the local scheduler, is this text', async () => {
    const { comment: _, ...rest } = input;
    const text = renderJobScript({
      ...rest,
      launch: null,
      step: 'local',
      nodeArguments: ['--import', 'file:///tsx.mjs'],
    });
    await expect(text).toMatchFileSnapshot('job-script-local.golden.sh');
  });
});

describe('the job script, run by bash', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "job's $script "));
    await mkdir(join(directory, 'bin'));
    // srun: its options, then the command.
    await program('bin/srun', 'echo "srun $*" >> "$LOG"; while [[ $1 == --* ]]; do shift; done; exec "$@"');
    await program('node', 'echo "${1##*/} ${*:3}" >> "$LOG"; exec /bin/bash "$@"');
    await program('agent', ': > "$TEMPORAL_SWEEP_ALLOCATION/ended"; exit 85');
    await program('reporter', 'exit 7');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function program(name: string, text: string): Promise<void> {
    await writeFile(join(directory, name), `#!/bin/bash\n${text}\n`);
    await chmod(join(directory, name), 0o700);
  }

  interface Run {
    readonly code: number | null;
    readonly signal: string | null;
    readonly log: string[];
    readonly output: string;
    readonly has: (marker: string) => boolean;
  }
  async function run(
    options: { launch?: string; environment?: Record<string, string>; signalAfter?: [string, NodeJS.Signals] } = {},
  ): Promise<Run> {
    const path = (name: string) => join(directory, name);
    if (options.launch !== undefined) await writeFile(path('launch.sh'), options.launch);
    const script = renderJobScript({
      nodePath: path('node'),
      agentPath: path('agent'),
      reporterPath: path('reporter'),
      jobFile: path('job.json'),
      allocationsDirectory: path('allocations'),
      launch: options.launch === undefined ? null : { path: path('launch.sh'), sbatchLines: [] },
      cpusPerTask: 1,
      step: 'srun',
    });
    await program('job.sh', script);
    const environment = {
      PATH: `${path('bin')}:/usr/bin:/bin`,
      LOG: path('log'),
      SLURM_JOB_ID: '42',
      ...options.environment,
    };
    const allocation = path(`allocations/42.${options.environment?.['SLURM_RESTART_COUNT'] ?? 0}`);
    const child = spawn(path('job.sh'), { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    const ended = new Promise<[number | null, string | null]>((resolve) =>
      child.once('close', (code, name) => resolve([code, name])),
    );
    if (options.signalAfter !== undefined) {
      const [marker, name] = options.signalAfter;
      while (!existsSync(join(allocation, marker)) && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill(name);
    }
    const [code, signal] = await ended;
    const log = existsSync(path('log')) ? readFileSync(path('log'), 'utf8').trim().split('\n') : [];
    return { code, signal, log, output, has: (marker) => existsSync(join(allocation, marker)) };
  }
  const reports = (ran: Run) => ran.log.filter((line) => line.startsWith('reporter'));

  it('runs the agent as a step and ends with its code; an agent that told its end is not reported', async () => {
    const ran = await run({ environment: { SLURM_RESTART_COUNT: '2', SLURM_CPUS_PER_TASK: '3' } });
    expect(ran.code).toBe(85);
    expect(ran.log[0]).toContain('srun --nodes=1 --ntasks=1 --cpus-per-task=3 --input=none');
    expect(ran.has('launched')).toBe(true);
    expect(reports(ran)).toEqual([]);
  });

  it('has an agent that died without a word reported, and keeps its code', async () => {
    await program('agent', 'kill -KILL $$');
    const ran = await run();
    expect(reports(ran)).toEqual(['reporter 137 agent died']);
    expect(ran.code).toBe(137);
  });

  const lost: [string, string, number, number][] = [
    ['exits with a code', 'exit 3', 3, 3],
    ['exits with 0', 'exit 0', 0, 1],
    ['fails under set -e', 'set -e; false; true', 1, 1],
    ['execs another program', 'exec true', 0, 1],
    ['takes a name that is ours', 'TEMPORAL_SWEEP_STEP=x', 1, 1],
  ];
  it.each(lost)('a launch.sh that %s is a lost launch, and said so', async (_, launch, told, code) => {
    const ran = await run({ launch });
    expect(reports(ran)).toEqual([`reporter ${told} launch.sh`]);
    expect(ran.has('launched')).toBe(false);
    expect(ran.code).toBe(code);
  });

  const harmless: [string, string][] = [
    ['sets traps', "trap 'echo user' USR1 TERM EXIT"],
    ['sets options', 'set -euo pipefail; shopt -s nullglob; IFS=,'],
    ['defines a function srun', 'srun() { echo wrong; exit 1; }; node() { exit 1; }'],
    ['returns', 'return 1'],
    // bash 5.2 would end the shell with the last command of this line.
    ['ends in a list on one line', 'true; sleep 0.01'],
    ['redirects its output', 'exec > /dev/null 2>&1'],
    ['changes the directory and PATH', 'cd /; PATH=/nowhere'],
    ['unsets SLURM’s variables', 'unset SLURM_JOB_ID SLURM_RESTART_COUNT'],
    ['sets its own positional parameters', 'set -- a b c; shift'],
  ];
  it.each(harmless)('a launch.sh that %s does no harm', async (_, launch) => {
    await program(
      'agent',
      'echo "$SLURM_JOB_ID.$SLURM_RESTART_COUNT" >> "$LOG"; : > "$TEMPORAL_SWEEP_ALLOCATION/ended"; exit 85',
    );
    const ran = await run({ launch, environment: { SLURM_RESTART_COUNT: '1' } });
    expect(ran.code).toBe(85);
    expect(ran.log.at(-1)).toBe('42.1');
    expect(reports(ran)).toEqual([]);
  });

  it('puts the prefix of launch.sh before the agent', async () => {
    await program('container', 'echo "container $1" >> "$LOG"; shift; exec "$@"');
    const ran = await run({
      launch: `export FOO=1; TEMPORAL_SWEEP_STEP_PREFIX=("$(dirname "$LOG")/container" "an image")`,
    });
    expect(ran.log).toContain('container an image');
    expect(ran.code).toBe(85);
  });

  it('turns SIGUSR1 into the notice file, while a slow launch.sh runs too, and nothing else hears it', async () => {
    await program(
      'agent',
      `trap 'echo heard >> "$LOG"' USR1; for _ in {1..200}; do [ -e "$TEMPORAL_SWEEP_ALLOCATION/notice" ] && break; sleep 0.02; done; : > "$TEMPORAL_SWEEP_ALLOCATION/ended"; exit 85`,
    );
    const early = await run({
      launch: ': > "$TEMPORAL_SWEEP_ALLOCATION/early"; sleep 0.5',
      signalAfter: ['early', 'SIGUSR1'],
    });
    expect(early.has('notice')).toBe(true);
    expect(early).toMatchObject({ code: 85 });
    await rm(join(directory, 'allocations'), { recursive: true });
    const late = await run({ signalAfter: ['launched', 'SIGUSR1'] });
    expect(late.has('notice')).toBe(true);
    expect(late.code).toBe(85);
    expect(late.log).not.toContain('heard');
  });

  it('outlives SIGTERM until the step has ended', async () => {
    await program('agent', 'sleep 0.3; exit 85');
    const ran = await run({ signalAfter: ['launched', 'SIGTERM'] });
    expect(ran.code).toBe(85);
    expect(reports(ran)).toEqual(['reporter 85 agent died']);
    expect(ran.has('notice')).toBe(false);
  });

  it('says when the allocation’s directory cannot be made', async () => {
    await writeFile(join(directory, 'allocations'), 'a file');
    const ran = await run();
    expect(reports(ran)).toEqual(['reporter 1 allocation directory not writable']);
    expect(ran.code).toBe(1);
  });
});
