import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { miss, notTold, see } from '../../../activities/scheduler/changes.ts';
import { createPoller } from '../../../activities/scheduler/poller.ts';
import type { Poller, PollerOptions } from '../../../activities/scheduler/poller.ts';
import type { Job, Query, Scheduler } from '../../../activities/scheduler/port.ts';
import { token } from '../../../activities/scheduler/token.ts';
import { writeEntry } from '../../../activities/scheduler/watch.ts';
import type { JobChanged } from '../../../workflows/messages.ts';

const job = (state: string, more: Partial<Job> = {}): Job => ({
  ...{ jobId: '7', name: 'lr/1.1@0', state, reason: 'None', restartCount: 0, node: null },
  ...{ exitCode: null, startTime: null, endTime: null },
  ...more,
});

describe('what is worth telling', () => {
  const NOW = 5_000_000;
  const words = (...sights: (Job | [Job, number])[]): (string | null)[] => {
    let told = notTold(0);
    return sights.map((one) => {
      const [shown, now] = Array.isArray(one) ? one : [one, NOW];
      const sight = see(shown, told, now);
      told = sight.told;
      return sight.news === null ? null : `${sight.news.restartCount} ${sight.news.state} ${sight.news.reason}`;
    });
  };

  it('is a settled end, once', () => {
    const failed = job('FAILED', { reason: 'NonZeroExitCode' });
    expect(words(job('RUNNING'), job('COMPLETING'), failed, failed)).toEqual([
      null,
      null,
      '0 FAILED NonZeroExitCode',
      null,
    ]);
  });
  it('is a new end after a requeue', () => {
    const next = job('FAILED', { restartCount: 1 });
    expect(words(job('FAILED'), job('RUNNING', { restartCount: 1 }), next)).toEqual([
      '0 FAILED None',
      null,
      '1 FAILED None',
    ]);
  });
  it('is a requeue that nobody of us asked for, as long as its hold lasts', () => {
    const held = job('PENDING', { restartCount: 1, reason: 'BeginTime', startTime: NOW / 1_000 + 100 });
    expect(words(job('RUNNING'), held, held)).toEqual([null, '1 PENDING BeginTime', null]);
    expect(see(held, notTold(1), NOW).news).toBeNull();
  });
  it('is a hold that nobody lifts, though its restart is known: in the second round', () => {
    const held = job('PENDING', { restartCount: 1, reason: 'BeginTime', startTime: NOW / 1_000 + 100 });
    const first = see(held, notTold(1), NOW);
    expect(first.news).toBeNull();
    const second = see(held, first.told, NOW);
    expect(second.news).toMatchObject({ state: 'PENDING', reason: 'BeginTime' });
    expect(see(held, second.told, NOW).news, 'once').toBeNull();
  });
  it('is no PENDING of a job just released', () => {
    const pending = (reason: string) => job('PENDING', { restartCount: 1, reason, startTime: NOW / 1_000 - 1 });
    expect(words(pending('NonZeroExitCode'), pending('BeginTime'), pending('None'))).toEqual([null, null, null]);
  });
  it('is a reason for waiting, every ten seconds at most', () => {
    const pending = (reason: string) => job('PENDING', { reason });
    expect(
      words(
        pending('Resources'),
        [pending('Priority'), NOW + 5_000],
        [pending('Priority'), NOW + 11_000],
        [pending('Priority'), NOW + 30_000],
      ),
    ).toEqual(['0 PENDING Resources', null, '0 PENDING Priority', null]);
  });
  it('is that a job is held', () => {
    expect(words(job('PENDING', { reason: 'JobHeldAdmin' }))).toEqual([
      '0 PENDING JobHeldAdmin: held until `scontrol release 7`',
    ]);
  });
  it('is no word we do not know', () => {
    expect(words(job('HIBERNATING'))).toEqual([null]);
  });
  it('is a job that nobody knows any more, after three rounds, once', () => {
    let told = notTold(2);
    const states = [1, 2, 3, 4].map(() => {
      const sight = miss('7', told);
      told = sight.told;
      return sight.news?.state ?? null;
    });
    expect(states).toEqual([null, null, 'UNKNOWN', null]);
  });
});

describe('the poller', () => {
  const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run' };
  const name = token(identity, 1, 1);
  let root: string;
  let poller: Poller;
  let news: [string, JobChanged][];
  let logged: string[];
  let listed: () => Query<Job[]>;
  let past: (jobIds: readonly string[]) => Query<ReadonlyMap<string, Job | null>>;
  let pasts: (readonly string[])[];
  let lists: number;

  const each =
    (record: (jobId: string) => Job | null): typeof past =>
    (jobIds) => ({ kind: 'answer', value: new Map(jobIds.map((jobId) => [jobId, record(jobId)])) });
  const refuse = () => Promise.reject(new Error('the poller changes nothing'));
  const scheduler: Scheduler = {
    kind: 'slurm',
    observe: () => () => {},
    submit: refuse,
    requeue: refuse,
    release: refuse,
    cancel: refuse,
    unhold: refuse,
    nodeAnswers: refuse,
    byName: refuse,
    list: async () => {
      lists++;
      return listed();
    },
    show: refuse,
    past: async (jobIds) => {
      pasts.push(jobIds);
      return past(jobIds);
    },
  };
  const open = (more: Partial<PollerOptions> = {}) =>
    createPoller({
      scheduler,
      root,
      intervalMs: 5,
      onChange: async (entry, change) => void news.push([entry.workflowId, change]),
      log: (message) => void logged.push(message),
      ...more,
    });
  const watch = (jobId: string | null, trial = 1, restartCount = 0) =>
    writeEntry(root, { identity, workflowId: `lr/${trial}`, token: token(identity, trial, 1), jobId, restartCount });
  const rounds = async (count: number) => {
    const until = lists + count;
    await vi.waitFor(() => expect(lists).toBeGreaterThanOrEqual(until), { timeout: 5_000 });
  };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'poller-'));
    news = [];
    logged = [];
    lists = 0;
    listed = () => ({ kind: 'answer', value: [] });
    pasts = [];
    past = each(() => null);
    poller = open();
  });
  afterEach(async () => {
    await poller.stop();
    await rm(root, { recursive: true, force: true });
  });

  it('asks once per round for all jobs, and tells each trial of its own', async () => {
    for (let trial = 1; trial <= 20; trial++) await watch(String(trial), trial);
    const all = Array.from({ length: 20 }, (_, index) => job('FAILED', { jobId: String(index + 1) }));
    listed = () => ({ kind: 'answer', value: all });
    poller.start();
    await rounds(3);
    await poller.stop();
    expect(news.map(([workflowId, change]) => `${workflowId} ${change.jobId}`).toSorted()).toEqual(
      all.map((one) => `lr/${one.jobId} ${one.jobId}`).toSorted(),
    );
  });

  it('asks nothing while there is nothing to watch', async () => {
    poller.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await poller.stop();
    expect(lists).toBe(0);
  });

  it('finds the job of an sbatch that was never answered by its token', async () => {
    await watch(null);
    listed = () => ({
      kind: 'answer',
      value: [job('FAILED', { jobId: '10', name }), job('FAILED', { jobId: '9', name })],
    });
    poller.start();
    await rounds(2);
    await poller.stop();
    expect(news).toEqual([['lr/1', expect.objectContaining({ jobId: '9' })]]);
  });

  it('P9: tells UNKNOWN only after several rounds in which nobody knew a job', async () => {
    await watch('7');
    past = () => ({ kind: 'answer', value: new Map() });
    poller.start();
    await rounds(6);
    expect(news, 'it was not asked for').toEqual([]);
    past = each(() => null);
    await rounds(6);
    expect(news.map(([, change]) => change.state)).toEqual(['UNKNOWN']);
  });

  it('P10: asks once for all jobs that have left the list, and never again for one whose end is told', async () => {
    for (let trial = 1; trial <= 50; trial++) await watch(String(trial), trial);
    past = each((jobId) => job('COMPLETED', { jobId }));
    poller.start();
    await rounds(4);
    await poller.stop();
    expect(pasts).toHaveLength(1);
    expect(pasts[0]!.toSorted((one, other) => Number(one) - Number(other))).toEqual(
      Array.from({ length: 50 }, (_, index) => String(index + 1)),
    );
    expect(news).toHaveLength(50);
  });

  it('P9: an accounting that does not answer is an outage, and no news', async () => {
    await watch('7');
    past = () => ({ kind: 'unknown', message: 'Problem talking to the database' });
    poller.start();
    await rounds(3);
    await poller.stop();
    expect(news).toEqual([]);
    expect(logged).toEqual([expect.stringContaining('Problem talking to the database')]);
  });

  it('P10: asks less often while the scheduler is slow or limits its user, and says so once', async () => {
    await watch('7');
    const pauses: number[] = [];
    const timer = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((wake: () => void, ms: number) => {
      pauses.push(ms);
      queueMicrotask(wake);
    }) as typeof setTimeout);
    let left = 4;
    const done = new Promise<void>((resolve) => {
      listed = () => {
        if (--left < 0) resolve();
        return { kind: 'answer', value: [job('RUNNING')], throttled: left >= 1 };
      };
    });
    poller = open({ intervalMs: 1_000 });
    poller.start();
    await done;
    const stopped = poller.stop();
    timer.mockRestore();
    await stopped;
    const [first, second, third, calm] = pauses as [number, number, number, number];
    for (const [pause, nominal] of [
      [first, 2_000],
      [second, 4_000],
      [third, 8_000],
    ] as const) {
      expect(pause).toBeGreaterThanOrEqual(nominal * 0.75);
      expect(pause).toBeLessThanOrEqual(nominal * 1.25);
    }
    expect(calm).toBe(1_000);
    expect(logged).toEqual([expect.stringContaining('asking it less often')]);
  });

  it('logs an outage once, and its end, and tells nothing meanwhile', async () => {
    await watch('7');
    listed = () => ({ kind: 'unknown', message: 'Unable to contact slurm controller' });
    poller.start();
    await rounds(3);
    listed = () => ({ kind: 'answer', value: [job('RUNNING')] });
    await vi.waitFor(() => expect(logged).toHaveLength(2), { timeout: 5_000 });
    expect(logged[0]).toContain('Unable to contact');
    expect(logged[1]).toContain('answers again');
    expect(news).toEqual([]);
  });

  it('tells again what a trial did not accept', async () => {
    await watch('7');
    listed = () => ({ kind: 'answer', value: [job('FAILED')] });
    let refusals = 2;
    await poller.stop();
    poller = open({
      onChange: async (entry, change) => {
        if (refusals-- > 0) throw new Error('no connection');
        news.push([entry.workflowId, change]);
      },
    });
    poller.start();
    await rounds(5);
    await poller.stop();
    expect(news).toHaveLength(1);
    expect(logged).toHaveLength(2);
  });

  it('leaves the sweeps of others alone', async () => {
    await watch('7');
    listed = () => ({ kind: 'answer', value: [job('FAILED')] });
    poller = open({ accept: (owner) => owner.namespace === 'elsewhere' });
    poller.start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await poller.stop();
    expect(news).toEqual([]);
  });

  it('comes at once when poked, and leaves nothing behind when stopped', async () => {
    await watch('7');
    poller = open({ intervalMs: 1_000_000 });
    poller.start();
    await rounds(1);
    listed = () => ({ kind: 'answer', value: [job('FAILED')] });
    poller.poke();
    await vi.waitFor(() => expect(news).toHaveLength(1));
    await poller.stop();
    const seen = lists;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(lists).toBe(seen);
  });
});
