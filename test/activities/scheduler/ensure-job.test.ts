import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endJob } from '../../../activities/scheduler/end-job.ts';
import { ensureJob } from '../../../activities/scheduler/ensure-job.ts';
import type { EnsureJobDeps } from '../../../activities/scheduler/ensure-job.ts';
import type { JobRequest } from '../../../activities/scheduler/port.ts';
import { token } from '../../../activities/scheduler/token.ts';
import type { WatchEntry } from '../../../activities/scheduler/watch.ts';
import type { EnsureJobInput } from '../../../workflows/activities.ts';
import { openFakeSlurm } from './fake-slurm/open.ts';
import type { FakeSlurm } from './fake-slurm/open.ts';

const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run' };
const first: EnsureJobInput = { identity, number: 3, submission: 1, jobId: null, last: null };
const name = token(identity, 3, 1);

/** A clock that sleeping moves; wall-clock seconds count for a release. */
function clock(start = 1_000_000_000_400) {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
}

describe('ensureJob', () => {
  let slurm: FakeSlurm;
  let watched: WatchEntry[];
  let time: ReturnType<typeof clock>;
  let beats: string[];
  let requests: number;

  beforeEach(async () => {
    slurm = await openFakeSlurm();
    watched = [];
    beats = [];
    requests = 0;
    time = clock();
  });
  afterEach(() => slurm.close());

  const deps = (more: Partial<EnsureJobDeps> = {}): EnsureJobDeps => ({
    scheduler: slurm.scheduler,
    writeWatch: async (entry) => void watched.push(entry),
    submitRequest: async () => {
      requests++;
      return { name, script: '/sweeps/job.sh', directory: '/', output: '/sweeps/out', options: {}, leadSeconds: 60 };
    },
    sleep: time.sleep,
    now: time.now,
    heartbeat: (word) => void beats.push(word),
    log: () => {},
    ...more,
  });
  const ended = (known: 'reported' | 'heartbeat time-out' | 'seen', restartCount = 0): EnsureJobInput => ({
    ...first,
    jobId: '7',
    last: { submission: 1, jobId: '7', restartCount, known, why: 'limit' },
  });
  const count = async (start: string) => (await slurm.calls()).filter((call) => call.startsWith(start)).length;

  it('submits once, after looking the token up and writing the watch entry', async () => {
    const result = await ensureJob(deps(), first);
    expect(result).toEqual({
      kind: 'queued',
      jobId: '1',
      action: 'submitted',
      state: 'PENDING',
      reason: 'None',
      restartCount: 0,
    });
    expect((await slurm.calls()).map((call) => call.split(' ')[0])).toEqual(['squeue', 'sbatch']);
    expect(watched.map((entry) => entry.jobId)).toEqual([null, '1']);
    expect(watched[0]).toMatchObject({ token: name, workflowId: 'lr/3', identity, restartCount: 0 });
  });

  it('finds the job of an sbatch that timed out although the job was in', async () => {
    await slurm.next('sbatch heard');
    expect(await ensureJob(deps(), first)).toMatchObject({ kind: 'queued', jobId: '1', action: 'found' });
    expect(await slurm.jobs()).toEqual(['1']);
    expect(watched.at(-1)!.jobId).toBe('1');
  });

  it('looks for some seconds before it submits again after an sbatch that got lost', async () => {
    await slurm.next('sbatch lost');
    const start = time.now();
    expect(await ensureJob(deps({ lookAgainMs: 4_000 }), first)).toMatchObject({ jobId: '1', action: 'submitted' });
    expect(time.now() - start).toBeGreaterThanOrEqual(4_000);
    expect(await count('sbatch')).toBe(2);
    expect(await count('squeue')).toBeGreaterThan(3);
  });

  it('passes a rejection on in sbatch’s own words', async () => {
    await slurm.next('sbatch reject invalid partition specified: nope');
    expect(await ensureJob(deps(), first)).toEqual({ kind: 'rejected', message: 'invalid partition specified: nope' });
  });

  it('waits for a controller that does not answer, heartbeating, and submits only then', async () => {
    await slurm.next('squeue down', 'squeue down');
    expect(await ensureJob(deps(), first)).toMatchObject({ action: 'submitted' });
    expect(beats.filter((word) => word.includes('Unable to contact slurm controller'))).toHaveLength(2);
    expect(requests).toBe(1);
  });

  it('leaves a job that has ended alone while the trial names no end of it', async () => {
    await slurm.put('7', { name, state: 'COMPLETED' });
    expect(await ensureJob(deps(), first)).toMatchObject({
      kind: 'queued',
      jobId: '7',
      action: 'found',
      state: 'COMPLETED',
    });
    expect(await count('scontrol requeue')).toBe(0);
  });

  it('requeues after a reported end and releases for the second after it, by the clock of SLURM alone', async () => {
    const end = Math.floor(Date.now() / 1_000) + 1; // SLURM's clock is ahead of ours
    await slurm.put('7', { name, state: 'FAILED', status: 85 << 8, start: 5, end, reason: 'NonZeroExitCode' });
    const result = await ensureJob(deps({ now: Date.now }), ended('reported'));
    expect(result).toMatchObject({ kind: 'queued', jobId: '7', action: 'requeued', state: 'PENDING' });
    expect((await slurm.calls()).filter((call) => call.startsWith('scontrol update'))).toEqual([
      `scontrol update JobId=7 StartTime=uts${end + 1}`,
    ]);
    expect(watched.at(-1)).toMatchObject({ jobId: '7', restartCount: 1 });
  });

  it('releases a hold whose beginning it did not see for the next second, and a margin where clocks differ', async () => {
    const at = Date.now();
    const second = Math.floor(at / 1_000);
    const hold = { name, state: 'PENDING', restart: 1, start: second + 100, reason: 'BeginTime' };
    for (const [clockMarginMs, from] of [
      [0, second + 1],
      [2_000, second + 3],
    ] as const) {
      await slurm.put('7', hold);
      await ensureJob(deps({ clockMarginMs, now: () => at }), ended('seen'));
      expect((await slurm.calls()).findLast((call) => call.startsWith('scontrol update'))).toBe(
        `scontrol update JobId=7 StartTime=uts${from}`,
      );
    }
  });

  it('does not undo a user’s scancel that looked like a preemption', async () => {
    await slurm.put('7', { name, state: 'COMPLETING' });
    const settle = async (ms: number) => {
      await time.sleep(ms);
      await slurm.put('7', { name, state: 'CANCELLED', status: 15 });
    };
    expect(await ensureJob(deps({ sleep: settle }), ended('reported'))).toMatchObject({
      kind: 'cancelled',
      jobId: '7',
    });
    expect(await count('scontrol requeue')).toBe(0);
  });

  it('requeues a running job at once after a heartbeat time-out', async () => {
    await slurm.put('7', { name, state: 'RUNNING', start: 5 });
    const real = { now: Date.now, sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) };
    expect(await ensureJob(deps(real), ended('heartbeat time-out'))).toMatchObject({ action: 'requeued' });
  });

  it('does not touch a newer incarnation than the one that ended', async () => {
    await slurm.put('7', { name, state: 'RUNNING', restart: 2, start: 5 });
    expect(await ensureJob(deps(), ended('heartbeat time-out', 1))).toMatchObject({
      action: 'found',
      state: 'RUNNING',
    });
    expect(await count('scontrol requeue')).toBe(0);
  });

  it('takes the next submission when SLURM does not requeue, and leaves no live job behind', async () => {
    await slurm.put('7', { name, state: 'RUNNING', start: 5 });
    await slurm.next(...Array.from({ length: 9 }, () => 'scontrol Requested operation is presently disabled'));
    const result = await ensureJob(deps(), ended('heartbeat time-out'));
    expect(result).toMatchObject({ kind: 'resubmit', reason: expect.stringContaining('presently disabled') });
    expect(await slurm.state('7')).toBe('CANCELLED');
  });

  it('takes the next submission when the record is gone', async () => {
    expect(await ensureJob(deps(), ended('reported'))).toMatchObject({ kind: 'resubmit' });
    expect(requests).toBe(0);
  });

  it('keeps the lowest of two jobs with one token and cancels the other', async () => {
    await slurm.put('8', { name, state: 'PENDING' });
    await slurm.put('7', { name, state: 'PENDING' });
    expect(await ensureJob(deps(), first)).toMatchObject({ jobId: '7', action: 'found' });
    expect(await slurm.state('8')).toBe('CANCELLED');
  });

  it('keeps the bound job, whatever its id', async () => {
    await slurm.put('7', { name, state: 'RUNNING' });
    await slurm.put('8', { name, state: 'RUNNING' });
    expect(await ensureJob(deps(), { ...first, jobId: '8' })).toMatchObject({ jobId: '8' });
    expect(await slurm.state('7')).toBe('CANCELLED');
  });

  it('submits nothing once it is aborted, and takes back a job that sbatch gave too late', async () => {
    const early = new AbortController();
    const aborting = async (entry: WatchEntry) => {
      watched.push(entry);
      early.abort(new Error('given up'));
    };
    await expect(ensureJob(deps({ writeWatch: aborting, signal: early.signal }), first)).rejects.toThrow('given up');
    expect(await count('sbatch')).toBe(0);

    const late = new AbortController();
    const scheduler = {
      ...slurm.scheduler,
      submit: async (request: JobRequest) => {
        const result = await slurm.scheduler.submit(request);
        late.abort(new Error('given up'));
        return result;
      },
    };
    const isUnwanted = () => late.signal.aborted;
    await expect(ensureJob(deps({ scheduler, signal: late.signal, isUnwanted }), first)).rejects.toThrow('given up');
    expect(await count('scancel 1')).toBe(1);
  });

  it('keeps the job of an sbatch under way when only its worker shuts down', async () => {
    const shutdown = new AbortController();
    const scheduler = {
      ...slurm.scheduler,
      submit: async (request: JobRequest) => {
        const result = await slurm.scheduler.submit(request);
        shutdown.abort(new Error('shutdown'));
        return result;
      },
    };
    const result = await ensureJob(deps({ scheduler, signal: shutdown.signal, isUnwanted: () => false }), first);
    expect(result).toMatchObject({ kind: 'queued', jobId: '1', action: 'submitted' });
    expect(await count('scancel')).toBe(0);
  });

  it('stops when it is aborted, with the reason', async () => {
    await slurm.put('7', { name, state: 'COMPLETING' });
    const abort = new AbortController();
    const sleep = async (ms: number, signal?: AbortSignal) => {
      abort.abort(new Error('the activity was cancelled'));
      await time.sleep(ms, signal);
    };
    const run = ensureJob(deps({ sleep, signal: abort.signal }), ended('reported'));
    await expect(run).rejects.toThrow('the activity was cancelled');
  });

  describe('endJob', () => {
    const input = { identity, number: 3, submission: 1, jobId: '7', leaving: false, over: true };
    const end = (more: Partial<typeof input> = {}) => {
      let forgotten = 0;
      const all = { ...deps(), forget: async () => void forgotten++ };
      return endJob(all, { ...input, ...more }).then(() => forgotten);
    };

    it('cancels all jobs of the submission and forgets the trial', async () => {
      await slurm.put('7', { name, state: 'RUNNING' });
      await slurm.put('9', { name, state: 'PENDING' });
      expect(await end()).toBe(1);
      expect([await slurm.state('7'), await slurm.state('9')]).toEqual(['CANCELLED', 'CANCELLED']);
    });

    it('is content when nothing is there, and keeps the watch of a trial that goes on', async () => {
      expect(await end({ over: false })).toBe(0);
      expect(await count('scancel')).toBe(0);
    });

    it('gives a leaving job some seconds', async () => {
      await slurm.put('7', { name, state: 'RUNNING' });
      await end({ leaving: true });
      expect(time.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(5_000);
      expect(await slurm.state('7')).toBe('CANCELLED');
    });
  });
});
