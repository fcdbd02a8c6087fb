import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endJob } from '../../../activities/scheduler/end-job.ts';
import { ensureJob } from '../../../activities/scheduler/ensure-job.ts';
import type { EnsureJobDeps } from '../../../activities/scheduler/ensure-job.ts';
import { createClusterMemory } from '../../../activities/scheduler/policy.ts';
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
    expect(result).toMatchObject({
      ...{ kind: 'queued', jobId: '7', action: 'requeued', state: 'PENDING' },
      after: { state: 'FAILED', reason: 'NonZeroExitCode', exitCode: '85:0' },
    });
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

  it.each(['RUNNING', 'FAILED'])(
    'does not requeue a job that was cancelled while an old list still says %s (P7)',
    async (state) => {
      await slurm.put('7', { name, state: 'CANCELLED', status: 15 });
      let lists = 0;
      const byName = async (wanted: string) => {
        const answer = await slurm.scheduler.byName(wanted);
        if (answer.kind !== 'answer' || lists++ > 0) return answer;
        return { ...answer, value: answer.value.map((job) => ({ ...job, state })) };
      };
      const scheduler = { ...slurm.scheduler, byName };
      expect(await ensureJob(deps({ scheduler }), ended('heartbeat time-out'))).toMatchObject({ kind: 'cancelled' });
      expect(await count('scontrol requeue')).toBe(0);
    },
  );

  it('names who cancelled the job, where accounting tells', async () => {
    await slurm.put('7', { name, state: 'CANCELLED' });
    const byName = async (wanted: string) => {
      const answer = await slurm.scheduler.byName(wanted);
      if (answer.kind !== 'answer') return answer;
      return { ...answer, value: answer.value.map((job) => ({ ...job, cancelledBy: 'root' })) };
    };
    const scheduler = { ...slurm.scheduler, byName };
    expect(await ensureJob(deps({ scheduler }), ended('reported'))).toEqual({
      ...{ kind: 'cancelled', jobId: '7', by: 'root' },
      reason: 'job 7 was cancelled in SLURM by root',
    });
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

  it('takes a new job at once where SLURM forbids to requeue, and remembers that for the next trials', async () => {
    const memory = createClusterMemory(time.now);
    await slurm.put('7', { name, state: 'RUNNING', start: 5 });
    await slurm.next('scontrol-requeue Requested operation is presently disabled');
    expect(await ensureJob(deps({ memory }), ended('heartbeat time-out'))).toMatchObject({
      ...{ kind: 'resubmit', why: 'refused', old: '7' },
      reason: expect.stringContaining('presently disabled'),
    });
    await slurm.put('7', { name, state: 'TIMEOUT', start: 5, end: 6, reason: 'TimeLimit', node: 'n1' });
    expect(await ensureJob(deps({ memory }), ended('reported'))).toMatchObject({
      ...{ kind: 'resubmit', why: 'policy' },
      after: { state: 'TIMEOUT', reason: 'TimeLimit', exitCode: '0:0', node: 'n1' },
    });
    expect(await count('scontrol requeue')).toBe(1);
  });

  it('tries again while a requeue is refused for the moment', async () => {
    await slurm.put('7', { name, state: 'RUNNING', start: 5 });
    const busy = 'scontrol-requeue Job can not be altered now, try again later';
    await slurm.next(busy, busy, busy);
    expect(await ensureJob(deps(), ended('heartbeat time-out'))).toMatchObject({ kind: 'resubmit', why: 'refused' });
    expect(await count('scontrol requeue')).toBe(3);
  });

  it('takes a new job when SLURM has forgotten the one that accounting still shows', async () => {
    await slurm.put('7', { name, state: 'FAILED', status: 85 << 8, start: 5, end: 9 });
    await slurm.next('scontrol-requeue Invalid job id specified');
    expect(await ensureJob(deps(), ended('reported'))).toMatchObject({
      ...{ kind: 'resubmit', why: 'gone' },
      after: { state: 'FAILED', exitCode: '85:0' },
    });
  });

  it('takes a new job where nobody may lift the hold, unless the sweep asks for requeues', async () => {
    const hold = {
      name,
      state: 'PENDING',
      restart: 1,
      start: Math.floor(time.now() / 1_000) + 100,
      reason: 'BeginTime',
    };
    await slurm.put('7', hold);
    const denied = 'scontrol-update Access/permission denied';
    await slurm.next(denied, denied);
    expect(await ensureJob(deps({ policy: 'requeue' }), ended('seen'))).toMatchObject({ kind: 'queued', jobId: '7' });
    expect(await ensureJob(deps(), ended('seen'))).toMatchObject({ kind: 'resubmit', why: 'refused', old: '7' });
  });

  it('leaves a dead node at once, and cancels the job there only when the new one is in', async () => {
    await slurm.put('7', { name, state: 'RUNNING', start: 5, node: 'n1' });
    await slurm.next('sinfo mixed*');
    const answer = await ensureJob(deps(), ended('heartbeat time-out'));
    expect(answer).toMatchObject({ kind: 'resubmit', why: 'node dead', old: '7' });
    expect(await count('scancel')).toBe(0);

    const asked: EnsureJobInput[] = [];
    const next = { ...first, submission: 2, replaces: '7', excludeNodes: ['n9'] };
    const named = { script: '/sweeps/job.sh', directory: '/', output: '/sweeps/out', options: {}, leadSeconds: 60 };
    const submitRequest = async (input: EnsureJobInput) => {
      asked.push(input);
      return { name: token(identity, 3, 2), ...named };
    };
    expect(await ensureJob(deps({ submitRequest }), next)).toMatchObject({ jobId: '8', action: 'submitted' });
    expect(asked[0]!.excludeNodes).toEqual(['n9', 'n1']);
    expect(await slurm.state('7')).toBe('CANCELLED');
    const order = (await slurm.calls()).map((call) => call.split(' ')[0]);
    expect(order.indexOf('sbatch')).toBeLessThan(order.indexOf('scancel'));
  });

  it('cancels no job that has only taken the id of the replaced one (submitit #1660)', async () => {
    await slurm.put('7', { name: 'something else', state: 'RUNNING' });
    expect(await ensureJob(deps(), { ...first, submission: 2, replaces: '7' })).toMatchObject({ action: 'submitted' });
    expect(await slurm.state('7')).toBe('RUNNING');
  });

  it('makes room with the replaced job where a limit is met', async () => {
    await slurm.put('7', { name, state: 'PENDING', restart: 1 });
    await slurm.next('sbatch reject QOSMaxSubmitJobPerUserLimit', 'sbatch reject QOSMaxSubmitJobPerUserLimit');
    const next = { ...first, submission: 2, replaces: '7' };
    expect(await ensureJob(deps(), next)).toEqual({ kind: 'limited', message: 'QOSMaxSubmitJobPerUserLimit' });
    expect(await slurm.state('7')).toBe('CANCELLED');
    expect(await ensureJob(deps(), next)).toMatchObject({ kind: 'queued', action: 'submitted' });
  });

  it('uses excluded nodes again when no other is left', async () => {
    await slurm.next('sbatch reject Batch job submission failed: Requested node configuration is not available');
    expect(await ensureJob(deps(), { ...first, excludeNodes: ['n1'] })).toMatchObject({ action: 'submitted' });
    expect(requests).toBe(2);
  });

  it('goes on without expedited requeues where sbatch knows none, and asks only once', async () => {
    const memory = createClusterMemory(time.now);
    await slurm.next("sbatch reject option '--requeue' doesn't allow an argument");
    expect(await ensureJob(deps({ memory, policy: 'expedite' }), first)).toMatchObject({ action: 'submitted' });
    await ensureJob(deps({ memory, policy: 'expedite' }), { ...first, number: 4 });
    const sbatch = (await slurm.calls()).filter((call) => call.startsWith('sbatch'));
    expect(sbatch.map((call) => /--requeue\S*/.exec(call)![0])).toEqual([
      '--requeue=expedite',
      '--requeue',
      '--requeue',
    ]);
  });

  // ArjunaUsers #56, #63: such jobs stayed held until somebody looked.
  it('lets a job go that failed launches have put under a hold, a few times', async () => {
    const memory = createClusterMemory(time.now);
    const held = { name, state: 'PENDING', restart: 2, reason: 'launch failed requeued held' };
    for (let times = 0; times < 3; times++) {
      await slurm.put('7', held);
      expect(await ensureJob(deps({ memory }), ended('seen'))).toMatchObject({ kind: 'queued', reason: 'None' });
    }
    await slurm.put('7', held);
    expect(await ensureJob(deps({ memory }), ended('seen'))).toMatchObject({
      ...{ kind: 'resubmit', why: 'refused', old: '7' },
      reason: expect.stringContaining('launch failed requeued held'),
    });
  });

  it('leaves a job alone that a person holds, and tells how it goes on', async () => {
    await slurm.put('7', { name, state: 'PENDING', reason: 'JobHeldUser' });
    expect(await ensureJob(deps(), { ...first, jobId: '7' })).toMatchObject({
      ...{ kind: 'queued', state: 'PENDING' },
      reason: 'JobHeldUser: held until `scontrol release 7`',
    });
    expect(await count('scontrol')).toBe(0);
  });

  it('repeats a revoked launch with a growing distance to its end', async () => {
    const memory = createClusterMemory(Date.now);
    const end = Math.floor(Date.now() / 1_000);
    for (const distance of [2, 4, 8, 16, 16]) {
      await slurm.put('7', { name, state: 'FAILED', restart: 1, status: 1 << 8, start: end, end });
      await ensureJob(deps({ memory, now: Date.now }), { ...first, jobId: '7' });
      expect((await slurm.calls()).findLast((call) => call.startsWith('scontrol update'))).toBe(
        `scontrol update JobId=7 StartTime=uts${end + distance}`,
      );
    }
  });

  it('learns by how much SLURM’s clock is ahead, and releases that much later', async () => {
    const at = Date.now();
    const second = Math.floor(at / 1_000);
    await slurm.put('6', { name, state: 'FAILED', start: 5, end: second + 20 });
    await slurm.put('7', { name, state: 'PENDING', restart: 1, start: second + 141, reason: 'BeginTime' });
    await ensureJob(deps({ now: () => at }), ended('seen'));
    expect((await slurm.calls()).findLast((call) => call.startsWith('scontrol update'))).toBe(
      `scontrol update JobId=7 StartTime=uts${second + 21}`,
    );
  });

  it('takes the next submission when the record is gone', async () => {
    expect(await ensureJob(deps(), ended('reported'))).toMatchObject({ kind: 'resubmit', why: 'gone', old: '7' });
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

  it('P3: leaves the job of a late sbatch alone when its agent has announced itself meanwhile', async () => {
    const late = new AbortController();
    const scheduler = {
      ...slurm.scheduler,
      submit: async (request: JobRequest) => {
        const result = await slurm.scheduler.submit(request);
        await slurm.put('1', { name, state: 'RUNNING' });
        late.abort(new Error('the agent was faster'));
        return result;
      },
    };
    const isUnwanted = () => late.signal.aborted;
    const run = ensureJob(deps({ scheduler, signal: late.signal, isUnwanted }), first);
    await expect(run).rejects.toThrow('the agent was faster');
    expect(await count('scancel')).toBe(0);
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
