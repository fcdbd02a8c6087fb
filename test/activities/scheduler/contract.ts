/**
 * What the product relies on, as one suite over the port: run against SLURM and against the local scheduler, so that the stand-in
 * cannot drift from what it stands for.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Job, JobRequest, Scheduler } from '../../../activities/scheduler/port.ts';
import { phase } from '../../../activities/scheduler/states.ts';

export interface ContractCluster {
  readonly scheduler: Scheduler;
  /** An existing directory for scripts and output files. */
  readonly directory: string;
  /** bash: starts the program in `$STEP` as the job's step, in the background. */
  readonly startStep: string;
  /** A lead time and a limit that lets the notice come before the end: SLURM counts in minutes. */
  readonly limit: { readonly time: string; readonly leadSeconds: number; readonly patienceMs: number };
  stop(): Promise<void>;
}

const POLITE = `trap 'echo step-term; exit 85' TERM; trap 'echo step-usr1' USR1; echo step-up; while :; do sleep 0.05; done`;
const DEAF = `trap 'echo step-term' TERM; echo step-up $$; while :; do sleep 0.05; done`;
const PATIENCE = 60_000;

/** Registers the tests, for a cluster of two nodes with one CPU each, on which jobs of `high` take the place of jobs of `low`. */
export function schedulerContract(open: () => Promise<ContractCluster>): void {
  let cluster: ContractCluster;
  let scheduler: Scheduler;
  let limited: string;
  let made = 0;
  beforeAll(async () => {
    cluster = await open();
    ({ scheduler } = cluster);
    // SLURM's least limit is a minute: it runs out on the other node while the tests go on.
    const { time, leadSeconds } = cluster.limit;
    limited = await submit('limit', shell(DEAF), { time, nodelist: 'n2' }, leadSeconds);
  }, 60_000);
  afterAll(async () => await cluster?.stop());

  const log = (name: string): string => join(cluster.directory, `${name.replaceAll('/', '_')}.log`);
  const output = (name: string): Promise<string> => readFile(log(name), 'utf8').catch(() => '');

  /** The batch shell traps as ours does, and waits for its step. */
  const shell = (step: string): string => `STEP=$(cat <<'STEP_END'
${step}
STEP_END
)
trap 'echo shell-usr1; woken=1' USR1
trap 'woken=1' TERM
echo "shell $SLURM_JOB_ID.\${SLURM_RESTART_COUNT-unset} $SLURM_JOB_NAME"
${cluster.startStep}
child=$!
while woken=; wait "$child"; code=$?; [ -n "$woken" ]; do :; done
exit "$code"`;

  async function offer(name: string, script: string, options: JobRequest['options'] = {}, leadSeconds = 1) {
    const path = join(cluster.directory, `script-${++made}.sh`);
    await mkdir(cluster.directory, { recursive: true });
    await writeFile(path, `#!/bin/bash\n${script}\n`);
    const paths = { script: path, directory: cluster.directory, output: log(name) };
    return scheduler.submit({ name, ...paths, options: { partition: 'low', nodelist: 'n1', ...options }, leadSeconds });
  }
  async function submit(...args: Parameters<typeof offer>): Promise<string> {
    const result = await offer(...args);
    if (result.kind !== 'submitted') throw new Error(JSON.stringify(result));
    return result.jobId;
  }
  async function show(jobId: string): Promise<Job> {
    const shown = await scheduler.show(jobId);
    if (shown.kind !== 'answer' || shown.value === null) throw new Error(`job ${jobId}: ${JSON.stringify(shown)}`);
    return shown.value;
  }
  const until = (jobId: string, want: Partial<Job>, timeout = PATIENCE): Promise<Job> =>
    vi.waitFor(
      async () => {
        const job = await show(jobId);
        expect(job).toMatchObject(want);
        return job;
      },
      { timeout, interval: 50 },
    );
  const untilEnded = (jobId: string, timeout = PATIENCE): Promise<Job> =>
    vi.waitFor(
      async () => {
        const job = await show(jobId);
        expect(phase(job), job.state).toBe('ended');
        return job;
      },
      { timeout, interval: 50 },
    );
  const untilOutput = (name: string, text: string): Promise<void> =>
    vi.waitFor(async () => expect(await output(name)).toContain(text), { timeout: PATIENCE, interval: 50 });
  /** The hold of a requeue, lifted for a later second than the end: see requeue.ts. */
  async function release(jobId: string): Promise<void> {
    const job = await until(jobId, { state: 'PENDING' });
    expect(job.restartCount).toBeGreaterThan(0);
    expect(await scheduler.release(jobId, Math.floor(Date.now() / 1_000) + 1)).toEqual({ kind: 'done' });
  }
  async function end(...jobIds: string[]): Promise<void> {
    for (const jobId of jobIds) await scheduler.cancel(jobId);
    for (const jobId of jobIds) await untilEnded(jobId);
  }

  it('shows a submitted job alike by list, by name and by id, with its name and its first restart count', async () => {
    const jobId = await submit('shown', 'true', { hold: true });
    const job = await show(jobId);
    expect(job).toMatchObject({
      jobId,
      name: 'shown',
      state: 'PENDING',
      reason: 'JobHeldUser',
      restartCount: 0,
      node: null,
    });
    expect(await scheduler.byName('shown')).toMatchObject({ kind: 'answer', value: [{ jobId, state: 'PENDING' }] });
    const listed = await scheduler.list();
    expect(listed.kind === 'answer' && listed.value.filter((other) => other.jobId === jobId)).toMatchObject([
      { name: 'shown', state: 'PENDING', reason: 'JobHeldUser', restartCount: 0 },
    ]);
    await end(jobId);
  });

  it('lists both of two jobs of one name, the ended one too, and none of a longer name', async () => {
    const first = await submit('twin', 'true', { hold: true });
    await end(first);
    const [second, other] = [
      await submit('twin', 'true', { hold: true }),
      await submit('twin-2', 'true', { hold: true }),
    ];
    const found = await scheduler.byName('twin');
    expect(
      found.kind === 'answer' && found.value.toSorted((one, two) => Number(one.jobId) - Number(two.jobId)),
    ).toMatchObject([
      { jobId: first, state: 'CANCELLED' },
      { jobId: second, state: 'PENDING' },
    ]);
    await end(second, other);
  });

  it('knows nothing of an id and a name that never were, and refuses to change such a job', async () => {
    expect(await scheduler.show('99999')).toEqual({ kind: 'answer', value: null });
    expect(await scheduler.byName('nobody')).toEqual({ kind: 'answer', value: [] });
    expect(await scheduler.requeue('99999')).toMatchObject({ kind: 'refused' });
    expect(await scheduler.release('99999', 0)).toMatchObject({ kind: 'refused' });
  });

  it('refuses what it cannot give, in words that name it', async () => {
    expect(await offer('no', 'true', { partition: 'nowhere' })).toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(/nowhere[\s\S]*Invalid partition name specified/),
    });
    expect(await offer('no', 'true', { time: 'soon' })).toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('Invalid --time specification'),
    });
    expect(await offer('no', 'true', { nodelist: 'n7' })).toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('Invalid node name specified'),
    });
  });

  it('records how a job ended, its exit code and when', async () => {
    const [good, bad] = [await submit('good', 'true'), await submit('bad', 'exit 85')];
    expect(await untilEnded(good)).toMatchObject({ state: 'COMPLETED', exitCode: '0:0', restartCount: 0, node: 'n1' });
    const ended = await untilEnded(bad);
    expect(ended).toMatchObject({ state: 'FAILED', exitCode: '85:0', reason: 'NonZeroExitCode' });
    expect(ended.endTime).toBeGreaterThanOrEqual(ended.startTime!);
    expect(await scheduler.byName('bad')).toMatchObject({ value: [{ state: 'FAILED', exitCode: '85:0' }] });
  });

  it('passes options and the environment on, and starts the script in its directory', async () => {
    const script = 'echo "$SLURM_JOB_NAME $SLURM_JOB_PARTITION $SLURM_CPUS_PER_TASK ${SLURM_RESTART_COUNT-unset} $PWD"';
    const jobId = await submit('options', script, { partition: 'high', 'cpus-per-task': '1' });
    await untilEnded(jobId);
    expect(await output('options')).toBe(`options high 1 unset ${cluster.directory}\n`);
  });

  it('requeues an ended job under a hold; released, it runs again: same id, higher count, output appended', async () => {
    const jobId = await submit('again', shell('exit 3'));
    await untilEnded(jobId);
    expect(await scheduler.requeue(jobId)).toEqual({ kind: 'done' });
    expect(await until(jobId, { state: 'PENDING' })).toMatchObject({ restartCount: 1 });
    expect(await scheduler.requeue(jobId)).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/pending execution/i),
    });
    await release(jobId);
    await until(jobId, { state: 'FAILED', restartCount: 1 });
    // srun adds a word of its own.
    const lines = (await output('again')).split('\n').filter((line) => line.startsWith('shell'));
    expect(lines).toEqual([`shell ${jobId}.unset again`, `shell ${jobId}.1 again`]);
    expect(await scheduler.release(jobId, 0)).toMatchObject({ kind: 'refused' });
  });

  it('requeues a running job: its step hears SIGTERM, and it starts once more', async () => {
    const jobId = await submit('running', shell(POLITE));
    await untilOutput('running', 'step-up');
    expect(await scheduler.requeue(jobId)).toEqual({ kind: 'done' });
    await release(jobId);
    await untilOutput('running', `shell ${jobId}.1`);
    expect(await output('running')).toContain('step-term');
    await end(jobId);
  });

  it('cancels a pending job at once and a running one by SIGTERM, then SIGKILL', async () => {
    const running = await submit('deaf', shell(DEAF));
    await untilOutput('deaf', 'step-up');
    const pending = await submit('never', 'echo never');
    await end(pending);
    expect(await show(pending)).toMatchObject({ state: 'CANCELLED' });
    await end(running);
    expect(await show(running)).toMatchObject({ state: 'CANCELLED', restartCount: 0 });
    expect(await output('deaf')).toContain('step-term');
    const pid = Number(/step-up (\d+)/.exec(await output('deaf'))![1]);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: PATIENCE, interval: 50 });
    expect(await output('never')).toBe('');
  });

  it('a cancel of a job that is over changes nothing', async () => {
    const jobId = await submit('over', 'true');
    await untilEnded(jobId);
    await scheduler.cancel(jobId);
    expect(await show(jobId)).toMatchObject({ state: 'COMPLETED', exitCode: '0:0' });
  });

  it('a job of a higher partition takes the node of a lower one, which leaves in time and is not requeued', async () => {
    const low = await submit('polite', shell(POLITE));
    await untilOutput('polite', 'step-up');
    const high = await submit('high', 'true', { partition: 'high' });
    expect(await untilEnded(low)).toMatchObject({ state: 'FAILED', exitCode: '85:0', restartCount: 0 });
    expect(await untilEnded(high)).toMatchObject({ state: 'COMPLETED' });
    expect(await output('polite')).toContain('step-term');
    expect(await output('polite')).not.toContain('shell-usr1');
  });

  it('a job that outstays its grace time is killed and requeued', async () => {
    const low = await submit('stubborn', shell(DEAF));
    await untilOutput('stubborn', 'step-up');
    const high = await submit('high-2', 'true', { partition: 'high' });
    await until(low, { state: 'PENDING', restartCount: 1 });
    expect(await untilEnded(high)).toMatchObject({ state: 'COMPLETED' });
    await release(low);
    await untilOutput('stubborn', `shell ${low}.1`);
    await end(low);
  });

  it('gives notice of the time limit to the batch shell only, and ends the job TIMEOUT', async () => {
    expect(await untilEnded(limited, cluster.limit.patienceMs)).toMatchObject({ state: 'TIMEOUT' });
    const lines = (await output('limit')).split('\n');
    expect(lines.filter((line) => line === 'shell-usr1')).toHaveLength(1);
    expect(lines.indexOf('shell-usr1')).toBeLessThan(lines.indexOf('step-term'));
    expect(lines).not.toContain('step-usr1');
  });
}
