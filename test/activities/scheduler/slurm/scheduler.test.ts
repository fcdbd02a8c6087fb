import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRateLimit } from '../../../../activities/scheduler/slurm/rate-limit.ts';
import type { SchedulerCall } from '../../../../activities/scheduler/port.ts';
import { createSlurmScheduler } from '../../../../activities/scheduler/slurm/scheduler.ts';

describe('SLURM’s commands', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'commands-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function command(name: string, script: string): Promise<void> {
    await writeFile(join(directory, name), `#!/bin/bash\n${script}\n`);
    await chmod(join(directory, name), 0o700);
  }
  const open = (more: Record<string, string> = {}, timeoutMs = 5_000) =>
    createSlurmScheduler({ environment: { PATH: `${directory}:/usr/bin:/bin`, ...more }, timeoutMs });
  const request = { name: 'lr/1.1@0', script: '/s.sh', directory: '/', output: '/o', options: {}, leadSeconds: 60 };

  it('do not hand the job we run in, nor our way of asking, to the new one', async () => {
    await command(
      'sbatch',
      'echo "[${SLURM_RESTART_COUNT-}${SLURM_JOB_ID-}${SLURM_TIME_FORMAT-}${LC_ALL-}][$SLURM_CONF]" >&2; exit 1',
    );
    const scheduler = open({ SLURM_RESTART_COUNT: '4', SLURM_JOB_ID: '9', SLURM_CONF: '/etc/slurm.conf' });
    expect(await scheduler.submit(request)).toEqual({ kind: 'rejected', message: '[][/etc/slurm.conf]' });
  });

  it('are asked in plain texts and seconds, for our own jobs', async () => {
    await command('squeue', 'echo "$LC_ALL $SLURM_TIME_FORMAT $*" >&2; exit 1');
    expect(await open().list()).toMatchObject({
      kind: 'unknown',
      message: expect.stringMatching(/^C %s --noheader --user=\d+ --states=all --Format=/),
    });
  });

  it('that hang are unanswered, not failed', async () => {
    await command('sbatch', 'exec sleep 30');
    expect(await open({}, 200).submit(request)).toEqual({ kind: 'unknown', message: 'sbatch did not answer in time.' });
  });

  it('that hang because the queue is full say so: a limit that passes', async () => {
    await command(
      'sbatch',
      'echo "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying" >&2; exec sleep 30',
    );
    expect(await open({}, 500).submit(request)).toMatchObject({
      kind: 'limited',
      message: expect.stringContaining('temporarily unable to accept job'),
    });
  });

  it.each([
    ['mixed', true],
    ['allocated\nidle', true],
    ['mixed*', false],
    ['idle\ndown', false],
    ['down*', false],
  ])('tell of nodes that are %j whether they answer', async (states, value) => {
    await command('sinfo', `printf '%b\\n' ${JSON.stringify(states)}`);
    expect(await open().nodeAnswers('n[1-2]')).toEqual({ kind: 'answer', value });
  });

  it('that are missing are named', async () => {
    const scheduler = createSlurmScheduler({ environment: { PATH: directory } });
    expect(await scheduler.submit(request)).toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('PATH'),
    });
    expect(await scheduler.list()).toMatchObject({ kind: 'unknown', message: expect.stringContaining('squeue') });
  });

  it('P10: are observed: command, duration, result', async () => {
    await command('scontrol', 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1');
    await command('sacct', 'echo "Slurm accounting storage is disabled" >&2; exit 1');
    await command('scancel', 'exit 0');
    await command(
      'squeue',
      'echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1',
    );
    const scheduler = open();
    const seen: SchedulerCall[] = [];
    const leave = scheduler.observe((call) => seen.push(call));
    expect(await scheduler.show('5')).toEqual({ kind: 'answer', value: null });
    await scheduler.cancel('5');
    await scheduler.list();
    leave();
    await scheduler.cancel('5');
    expect(seen.map(({ command, result, throttled }) => `${command} ${result} ${throttled}`)).toEqual([
      'scontrol refused false',
      'sacct refused false',
      'scancel ok false',
      'squeue unanswered false',
    ]);
    for (const { milliseconds } of seen) expect(milliseconds).toBeGreaterThan(0);
  });

  it.each([
    ['squeue: RPC rate limited 2 time(s). Sleeping then trying again.', 0],
    ['slurm_load_jobs: RPC limit exceeded, retrying', 0],
    ['slurm_load_jobs error: Rate limit exceeded, please retry momentarily', 1],
  ])('P10: that say "%s" count as throttled', async (words, code) => {
    await command('squeue', `echo "${words}" >&2; exit ${code}`);
    const scheduler = open();
    const seen: SchedulerCall[] = [];
    scheduler.observe((call) => seen.push(call));
    expect(await scheduler.list()).toMatchObject(
      code === 0 ? { kind: 'answer', throttled: true } : { kind: 'unknown', message: expect.stringContaining('limit') },
    );
    expect(seen).toEqual([expect.objectContaining({ result: code === 0 ? 'ok' : 'unanswered', throttled: true })]);
  });
});

describe('the rate limit of submissions', () => {
  it('lets a burst through and then spaces the rest', async () => {
    const waits: number[] = [];
    const turn = createRateLimit(
      { burst: 3, perSecond: 50 },
      () => 1_000_000,
      async (ms) => void waits.push(Math.round(ms)),
    );
    for (let calls = 0; calls < 6; calls++) await turn();
    expect(waits).toEqual([20, 40, 60]);
  });
});
