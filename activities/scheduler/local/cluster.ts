/**
 * The local cluster: SLURM's behaviour towards a job, with child processes instead of nodes. What it shows follows SLURM:
 * a preempted job that leaves within its grace time ends FAILED or COMPLETED and is not requeued; one that outstays it is.
 */
import { readFile } from 'node:fs/promises';
import type { ChangeResult, Job, JobRequest, SubmitResult } from '../port.ts';
import { adopt, launch } from './allocation.ts';
import type { Allocation, Ended } from './allocation.ts';
import { jobEnvironment } from './environment.ts';
import { afterEnd, requeued } from './lifecycle.ts';
import type { Intent } from './lifecycle.ts';
import { isOver, isPlaced, toJob } from './model.ts';
import type { ClusterOptions, LocalJob } from './model.ts';
import { place } from './placement.ts';
import { readWishes } from './script-options.ts';
import { createSpool } from './spool.ts';
import { writeLauncher } from './step.ts';
import { createStore } from './store.ts';

export interface Cluster {
  submit(request: JobRequest, environment: Record<string, string>): Promise<SubmitResult>;
  list(): Job[];
  requeue(jobId: string): Promise<ChangeResult>;
  release(jobId: string): Promise<ChangeResult>;
  cancel(jobId: string): Promise<ChangeResult>;
  /** Running jobs are ended with grace and wait, requeued, for the next start. */
  stop(): Promise<void>;
}

/** A placed job. Its processes may still be on their way: what is asked of them meanwhile is kept. */
interface Placed {
  allocation: Allocation | null;
  intent: Intent | null;
  graceMs: number | null;
  readonly timers: NodeJS.Timeout[];
  over: Promise<void>;
}

const done: ChangeResult = { kind: 'done' };
const refused = (message: string): ChangeResult => ({ kind: 'refused', message });
/** Milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** A younger shell may not have its trap yet and would die of the notice. Milliseconds. */
const TRAP_TIME = 1_000;

export async function createCluster(options: ClusterOptions, log: (message: string) => void): Promise<Cluster> {
  const jobs = new Map<string, LocalJob>();
  const placed = new Map<string, Placed>();
  const nodes = {
    names: Array.from({ length: options.nodes }, (_, index) => `n${index + 1}`),
    cpusPerNode: options.cpusPerNode,
  };
  let nextId = 1;
  let stopping = false;
  let alarm: NodeJS.Timeout | undefined;

  const spool = createSpool(options.directory);
  const store = createStore(options.directory, () => ({ version: 1, nextId, jobs: [...jobs.values()] }));
  const set = (jobId: string, change: Partial<LocalJob>): LocalJob => {
    const next = { ...jobs.get(jobId)!, ...change };
    jobs.set(jobId, next);
    store.commit().catch((error: unknown) => log(`the queue could not be written: ${String(error)}`));
    return next;
  };
  const processesOf = (job: LocalJob) => ({
    steps: spool.steps(job.jobId, job.restartCount),
    killWaitMs: options.killWaitMs,
  });

  const memory = await store.read();
  const launcher = await writeLauncher(options.directory);
  nextId = memory.nextId;
  for (const job of memory.jobs) jobs.set(job.jobId, job);
  for (const job of memory.jobs.filter(isPlaced)) {
    const survivor = await adopt(processesOf(job));
    if (survivor === null) set(job.jobId, requeued(job, 'NodeDown', Date.now()));
    else run(job, async () => survivor);
  }
  schedule();

  function schedule(): void {
    if (stopping) return;
    clearTimeout(alarm);
    const now = Date.now();
    for (const job of jobs.values()) {
      if (!isOver(job) || job.endTime! + options.rememberMs > now) continue;
      jobs.delete(job.jobId);
      spool.forget(job.jobId).catch((error: unknown) => log(String(error)));
    }
    const plan = place([...jobs.values()], nodes, now);
    for (const [jobId, reason] of plan.reasons) jobs.set(jobId, { ...jobs.get(jobId)!, reason });
    for (const { jobId, node } of plan.start) start(jobId, node);
    for (const jobId of plan.preempt) end(jobId, 'preempt', options.graceMs);
    const due = [...jobs.values()].flatMap((job) =>
      job.state === 'PENDING' && job.startTime !== null && job.startTime > now ? [job.startTime] : [],
    );
    if (due.length > 0) alarm = setTimeout(schedule, Math.max(1, Math.min(...due) - now));
  }

  function start(jobId: string, node: string): void {
    const fresh = { startTime: Date.now(), endTime: null, exitCode: null };
    const job = set(jobId, { ...fresh, state: 'RUNNING', reason: 'None', node });
    run(job, async () => {
      const processes = processesOf(job);
      const environment = jobEnvironment(job, await spool.environment(jobId), { launcher, steps: processes.steps });
      const { directory, output } = job;
      return launch({ ...processes, script: spool.script(jobId), directory, output, environment });
    });
  }

  function run(job: LocalJob, begin: () => Promise<Allocation>): void {
    const entry: Placed = { allocation: null, intent: null, graceMs: null, timers: [], over: Promise.resolve() };
    placed.set(job.jobId, entry);
    const live = async (): Promise<Ended | null> => {
      try {
        const allocation = await begin();
        entry.allocation = allocation;
        if (entry.graceMs !== null) allocation.end(entry.graceMs);
        keepLimit(job, entry, allocation);
        return await allocation.ended;
      } catch (error) {
        log(`job ${job.jobId} could not be launched: ${String(error)}`);
        return null;
      }
    };
    entry.over = live().then((ended) => {
      for (const timer of entry.timers) clearTimeout(timer);
      placed.delete(job.jobId);
      const last = jobs.get(job.jobId)!;
      set(job.jobId, afterEnd(last, entry.intent, ended, Date.now(), options.holdMs));
      schedule();
    });
  }

  function keepLimit(job: LocalJob, entry: Placed, allocation: Allocation): void {
    if (job.limitMs === null) return;
    const left = Math.max(job.startTime! + job.limitMs - Date.now(), 0);
    if (left >= LONGEST_TIMER) return;
    const notice = Math.max(left - job.leadMs, TRAP_TIME);
    if (notice < left) entry.timers.push(setTimeout(() => allocation.notice(), notice));
    entry.timers.push(setTimeout(() => end(job.jobId, 'limit', 0), left));
  }

  /** A stronger intent replaces a preemption: a cancel during one is a cancel. */
  function end(jobId: string, intent: Intent, graceMs: number): void {
    const entry = placed.get(jobId);
    if (entry === undefined) return;
    if (entry.intent === null || intent !== 'preempt') entry.intent = intent;
    entry.graceMs = Math.min(entry.graceMs ?? Infinity, graceMs);
    if (intent === 'preempt') set(jobId, { reason: 'Preempted' });
    else set(jobId, { state: 'COMPLETING' });
    entry.allocation?.end(graceMs);
  }

  return {
    async submit(request, environment) {
      if (stopping) return { kind: 'unknown', message: 'the local scheduler is stopping' };
      const script = await readFile(request.script, 'utf8');
      const wishes = readWishes(script, request, options);
      if ('refused' in wishes) return { kind: 'rejected', message: wishes.refused };
      const jobId = String(nextId++);
      await spool.write(jobId, script, environment);
      const { name, directory, output, leadSeconds } = request;
      const { partition, cpus, limitMs, held } = wishes;
      jobs.set(jobId, {
        ...{ jobId, name, directory, output, partition, cpus, limitMs, leadMs: leadSeconds * 1_000, restartCount: 0 },
        ...{ node: null, exitCode: null, startTime: null, endTime: null },
        ...{ submitTime: Date.now(), state: 'PENDING', reason: held ? 'JobHeldUser' : 'None' },
        ...(wishes.nodes !== undefined && { nodes: wishes.nodes }),
      });
      await store.commit();
      schedule();
      return { kind: 'submitted', jobId };
    },
    list: () => [...jobs.values()].map(toJob),
    async requeue(jobId) {
      const job = jobs.get(jobId);
      if (job === undefined) return refused(`Invalid job id specified for job ${jobId}`);
      if (job.state === 'PENDING') return refused(`Job is pending execution for job ${jobId}`);
      if (isPlaced(job)) end(jobId, 'requeue', 0);
      else set(jobId, requeued(job, job.reason, Date.now() + options.holdMs));
      schedule();
      await store.commit();
      return done;
    },
    async release(jobId) {
      const job = jobs.get(jobId);
      if (job === undefined) return refused(`Invalid job id specified for job ${jobId}`);
      if (job.state !== 'PENDING') return refused(`Job is no longer pending execution for job ${jobId}`);
      set(jobId, { startTime: Date.now() });
      schedule();
      await store.commit();
      return done;
    },
    async cancel(jobId) {
      const job = jobs.get(jobId);
      if (job === undefined || isOver(job)) return done;
      if (isPlaced(job)) end(jobId, 'cancel', 0);
      else set(jobId, { state: 'CANCELLED', startTime: Date.now(), endTime: Date.now() });
      schedule();
      await store.commit();
      return done;
    },
    async stop() {
      stopping = true;
      clearTimeout(alarm);
      for (const jobId of placed.keys()) end(jobId, 'requeue', options.graceMs);
      await Promise.all([...placed.values()].map((entry) => entry.over));
      await store.commit();
    },
  };
}
