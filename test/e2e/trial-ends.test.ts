/** A real server and the real trial workflow; SLURM's answers and the agent's are scripted, to say what a private cluster cannot. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../workers/stack/ports.ts';
import { findTemporal } from '../../workers/stack/temporal-binary.ts';
import { startTemporalServer, type TemporalServer } from '../../workers/stack/temporal-server.ts';
import type {
  EndJobInput,
  EnsureJobInput,
  EnsureJobResult,
  SegmentInput,
  TrialSettings,
} from '../../workflows/activities.ts';
import {
  PROTOCOL,
  type Identity,
  type Outcome,
  type Position,
  type TrialEnded,
  type TrialStatus,
} from '../../workflows/messages.ts';
import { until } from './support/sweep.ts';

const QUEUE = 'trials';
const retry = { times: 1, backoffSeconds: 0, excludeNode: false };
const settings: TrialSettings = {
  heartbeatSeconds: 60,
  retries: {
    trainer: { ...retry, times: 5 },
    outOfMemory: { ...retry, backoffSeconds: 1 },
    nodeFailure: { ...retry, excludeNode: true },
    unusableCheckpoint: { ...retry, times: 0 },
  },
  lostLaunches: 1,
  stalledSegments: 3,
  searchAttributes: false,
  metric: 'loss',
};

/** What the world answers to one trial, call by call; the last answer is given again. */
interface World {
  readonly ensureJob: readonly EnsureJobResult[];
  /** By segment; `hangs`: no answer until cancelled. */
  readonly train: readonly (Outcome | 'hangs')[];
  readonly asked: EnsureJobInput[];
  readonly ended: EndJobInput[];
  readonly strays: string[];
  last: TrialEnded | null;
  /** Awaited before that activity answers. */
  readonly before: { ensureJob?: Promise<void>; readSegment?: Promise<void> };
}

const worlds = new Map<string, World>();
let directory: string;
let server: TemporalServer;
let client: Client;
let worker: Worker;
let running: Promise<void>;

const identityOf = (sweepId: string): Identity => ({ namespace: 'default', sweepId, firstRunId: `run of ${sweepId}` });

const activities = {
  async ensureJob(input: EnsureJobInput): Promise<EnsureJobResult> {
    const world = worlds.get(input.identity.sweepId)!;
    const answer = world.ensureJob[Math.min(world.asked.length, world.ensureJob.length - 1)]!;
    world.asked.push(input);
    await world.before.ensureJob;
    return answer;
  },
  async endJob(input: EndJobInput): Promise<void> {
    worlds.get(input.identity.sweepId)!.ended.push(input);
  },
  async cancelStray({ jobId }: { jobId: string }): Promise<void> {
    for (const world of worlds.values()) world.strays.push(jobId);
  },
  async closeTrial(input: { identity: Identity; ended: TrialEnded }): Promise<void> {
    worlds.get(input.identity.sweepId)!.last = input.ended;
  },
  async readSegment({ identity }: SegmentInput): Promise<{ outcome: null; position: Position }> {
    await worlds.get(identity.sweepId)!.before.readSegment;
    return { outcome: null, position: { step: 5, epoch: 0, batch: 5 } };
  },
  async train(input: { identity: Identity; segment: number }): Promise<Outcome> {
    const outcome = worlds.get(input.identity.sweepId)!.train[input.segment - 1]!;
    if (outcome === 'hangs') return await Context.current().cancelled;
    if (outcome.status === 'failed') throw ApplicationFailure.nonRetryable(outcome.message, outcome.type);
    return outcome;
  },
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporal-sweep-trial-'));
  const [port = 0, uiPort = 0] = await freePorts(2);
  server = await startTemporalServer({
    binary: (await findTemporal()).path,
    databaseFile: join(directory, 'temporal.db'),
    log: join(directory, 'temporal.log'),
    port,
    uiPort,
  });
  const { address } = server;
  client = new Client({ connection: await Connection.connect({ address }) });
  worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue: QUEUE,
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    activities,
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await client.connection.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

async function startTrial(id: string, told: Pick<World, 'ensureJob' | 'train'> & Partial<Pick<World, 'before'>>) {
  const world: World = { before: {}, ...told, asked: [], ended: [], strays: [], last: null };
  worlds.set(id, world);
  const input = { identity: identityOf(id), number: 1, hyperparameters: {}, settings };
  const handle = await client.workflow.start('trial', { workflowId: `${id}/1`, taskQueue: QUEUE, args: [input] });
  const status = (): Promise<TrialStatus> => handle.query('status');
  /** Waits until the trial waits for that job's agent, and announces it. */
  const announce = async (jobId: string, restartCount: number, node = 'n1', submission = 1): Promise<void> => {
    await until(`the trial waits for job ${jobId}`, async () => {
      const { activity } = await status();
      return activity.startsWith(`waiting for SLURM: job ${jobId}`);
    });
    const started = { submission, jobId, restartCount, protocol: PROTOCOL, node, taskQueue: QUEUE };
    await handle.signal('allocationStarted', started);
  };
  return { world, handle, status, announce };
}

const queued = (jobId: string, restartCount = 0, more: object = {}): EnsureJobResult => ({
  kind: 'queued',
  jobId,
  action: restartCount === 0 ? 'submitted' : 'requeued',
  state: 'PENDING',
  reason: 'None',
  restartCount,
  ...more,
});
const completed: Outcome = {
  status: 'completed',
  objective: 0.5,
  metrics: { loss: 0.5 },
  note: '',
  step: 10,
  epoch: 1,
  batch: 0,
};
const died: Outcome = { status: 'failed', type: 'TrainerDied', message: 'the trainer was killed by SIGKILL' };
const after = (state: string, node: string | null = null) => ({
  after: { state, reason: 'None', exitCode: '0:9', node },
});

/** Seconds and names of all timers so far. */
async function timers(handle: WorkflowHandle): Promise<[number, string][]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event): [number, string][] => {
    const timer = event.timerStartedEventAttributes;
    const summary = event.userMetadata?.summary?.data;
    return timer ? [[Number(timer.startToFireTimeout?.seconds), Buffer.from(summary ?? []).toString()]] : [];
  });
}

test('a limit on queued jobs is waited for, and a resume asks again at once', async () => {
  const message = 'sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed';
  const trial = await startTrial('limited', {
    ensureJob: [{ kind: 'limited', message }, queued('7')],
    train: [completed],
  });
  const words = 'waiting: SLURM limits queued jobs (QOSMaxSubmitJobPerUserLimit)';
  await until('the trial tells of the limit', async () => (await trial.status()).activity === words);
  expect(await timers(trial.handle)).toEqual([[15, JSON.stringify(words)]]);
  await trial.handle.signal('resume');
  await trial.announce('7', 0);
  expect(await trial.handle.result()).toMatchObject({ state: 'complete', interruptions: [] });
  expect(trial.world.asked.map(({ submission }) => submission)).toEqual([1, 1]);
});

test('a job that hangs on a dead node is replaced, and the node kept away from, until there is a new job', async () => {
  const trial = await startTrial('dead-node', {
    ensureJob: [
      queued('7'),
      { kind: 'resubmit', reason: 'job 7 hangs on n1', why: 'node dead', old: '7' },
      { kind: 'resubmit', reason: 'SLURM wants new jobs', why: 'policy' },
      queued('8'),
      queued('8', 1, after('PREEMPTED')),
    ],
    train: ['hangs', { status: 'interrupted', cause: 'preemption', step: 8, epoch: 0, batch: 8 }, completed],
  });
  await trial.announce('7', 0);
  await until('it trains', async () => (await trial.status()).state === 'running');
  const end = { submission: 1, jobId: '7', restartCount: 0, segment: null, outcome: null, why: 'agent died', code: 1 };
  await trial.handle.signal('allocationEnded', end);
  await trial.announce('8', 0, 'n2', 3);
  await until('it is to go on after a preemption', async () => (await trial.status()).segments === 2);
  await trial.announce('8', 1, 'n2', 3);
  expect(await trial.handle.result()).toMatchObject({
    state: 'complete',
    interruptions: ['node failure', 'preemption'],
  });
  const asked = trial.world.asked.map(({ submission, replaces, excludeNodes }) => [submission, replaces, excludeNodes]);
  expect(asked).toEqual([
    [1, undefined, undefined],
    [1, undefined, undefined],
    [2, '7', ['n1']],
    [3, '7', ['n1']],
    [3, undefined, ['n1']],
  ]);
});

test('a trainer killed for its memory is tried again later as a new job, then fails with what to do', async () => {
  const trial = await startTrial('memory', {
    ensureJob: [
      queued('7'),
      queued('7', 1, after('OUT_OF_MEMORY', 'n1')),
      queued('8'),
      queued('8', 1, after('OUT_OF_MEMORY', 'n2')),
    ],
    train: [died, died],
  });
  await trial.announce('7', 0);
  await trial.announce('8', 0, 'n2', 2);
  await expect(trial.handle.result()).rejects.toMatchObject({ cause: { type: 'OutOfMemory' } });
  expect(trial.world.last).toMatchObject({
    state: 'failed',
    interruptions: ['out of memory', 'out of memory'],
    reason: expect.stringMatching(/ran out of memory 2 times \(last: job 8 on n2.*"mem" under temporal.slurm/),
  });
  expect(trial.world.ended).toMatchObject([{ submission: 1, jobId: '7' }]);
  expect(await timers(trial.handle)).toContainEqual([
    1,
    JSON.stringify('waiting 1 s after an out-of-memory error (1 of 1)'),
  ]);
});

test('a job that root cancelled says so, and the interruption is no preemption', async () => {
  const trial = await startTrial('by-root', {
    ensureJob: [queued('7'), { kind: 'cancelled', jobId: '7', reason: 'job 7 was cancelled in SLURM', by: 'root' }],
    train: [{ status: 'interrupted', cause: 'preemption', step: 3, epoch: 0, batch: 3 }],
  });
  await trial.announce('7', 0);
  expect(await trial.handle.result()).toMatchObject({
    state: 'cancelled',
    reason: 'job 7 was cancelled in SLURM by root, an administrator',
    interruptions: ['scancel'],
  });
});

test('a trial that was paused goes on with a new submission; news for a sweep of another identity is ignored', async () => {
  const trial = await startTrial('paused', { ensureJob: [queued('7'), queued('8')], train: [completed] });
  await until('it waits for job 7', async () => (await trial.status()).jobId === '7');
  await trial.handle.signal('pause');
  await until('it is paused', async () => (await trial.status()).state === 'paused');
  await trial.handle.signal('resume');
  await until('it waits for job 8', async () => (await trial.status()).jobId === '8');
  const over = { jobId: '8', restartCount: 0, state: 'FAILED', reason: 'NonZeroExitCode' };
  await trial.handle.signal('jobChanged', over, { ...identityOf('paused'), firstRunId: 'another' });
  await trial.announce('8', 0, 'n1', 2);
  expect(await trial.handle.result()).toMatchObject({ state: 'complete' });
  expect(trial.world.asked.map(({ submission, last }) => [submission, last])).toEqual([
    [1, null],
    [2, null],
  ]);
});

/** A promise, and what resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

test('P7: a pause taken back while SLURM is asked for a job asks for another one, whatever became of that', async () => {
  const { opened, open } = gate();
  // Given up, our own ensureJob cancels the job of an sbatch that answers late: it would look like a user's scancel.
  const trial = await startTrial('taken-back', {
    ensureJob: [{ kind: 'cancelled', jobId: '7', reason: 'job 7 was cancelled in SLURM' }, queued('8')],
    train: [completed],
    before: { ensureJob: opened },
  });
  await until('SLURM is asked', async () => trial.world.asked.length === 1);
  await trial.handle.signal('pause');
  await until('it waits until that is through', async () => (await timers(trial.handle)).length === 1);
  await trial.handle.signal('resume');
  open();
  await trial.announce('8', 0, 'n1', 2);
  expect(await trial.handle.result()).toMatchObject({ state: 'complete' });
  expect(trial.world.asked.map(({ submission }) => submission)).toEqual([1, 2]);
  expect(trial.world.ended).toMatchObject([{ submission: 1 }]);
});

test('P8: what SLURM says late of the end that is already known is no lost launch of the next job', async () => {
  const { opened, open } = gate();
  const trial = await startTrial('late-news', {
    ensureJob: [queued('7'), queued('7', 1)],
    train: ['hangs', completed],
    before: { readSegment: opened },
  });
  await trial.announce('7', 0);
  await until('it trains', async () => (await trial.status()).state === 'running');
  const end = { submission: 1, jobId: '7', restartCount: 0, segment: null, outcome: null, why: 'agent died', code: 1 };
  await trial.handle.signal('allocationEnded', end);
  await trial.handle.signal('jobChanged', { jobId: '7', restartCount: 0, state: 'FAILED', reason: 'NonZeroExitCode' });
  open();
  await trial.announce('7', 1);
  expect(await trial.handle.result()).toMatchObject({ state: 'complete', interruptions: ['lost'] });
  expect(trial.world.asked).toHaveLength(2);
});

test('P3: a trial whose submission was refused still hears the job of one that never answered', async () => {
  const trial = await startTrial('refused', {
    ensureJob: [{ kind: 'rejected', message: 'invalid partition' }],
    train: [completed],
  });
  await until('it was refused', async () => (await trial.status()).activity.startsWith('submission refused'));
  const started = { submission: 1, jobId: '7', restartCount: 0, protocol: PROTOCOL, node: 'n1', taskQueue: QUEUE };
  await trial.handle.signal('allocationStarted', started);
  expect(await trial.handle.result()).toMatchObject({ state: 'complete' });
});

test('a job that SLURM holds after failed launches is asked for at once; one that a person holds is not', async () => {
  const trial = await startTrial('held', { ensureJob: [queued('7')], train: [completed] });
  await until('it waits', async () => (await trial.status()).activity.startsWith('waiting for SLURM: job 7'));
  const held = { jobId: '7', restartCount: 1, state: 'PENDING' };
  await trial.handle.signal('jobChanged', { ...held, reason: 'JobHeldUser' });
  await until('the reason shows', async () => (await trial.status()).activity.includes('JobHeldUser'));
  expect(trial.world.asked).toHaveLength(1);
  await trial.handle.signal('jobChanged', { ...held, reason: 'launch failed requeued held' });
  await until('ensureJob is asked again', async () => trial.world.asked.length === 2);
  await trial.announce('7', 1);
  expect(await trial.handle.result()).toMatchObject({ state: 'complete' });
});
