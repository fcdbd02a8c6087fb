/**
 * One batched query per interval for all jobs of all sweeps under one root (P10). The agents push first; what it finds is
 * what they could not tell: jobs that ended without a word, reasons for waiting, requeues by SLURM itself.
 *
 * - P9: a failing query is waited out with growing pauses and is one line per outage; jobs that are not listed are asked for
 *   together, and only after several rounds without a record told as UNKNOWN.
 * - P11: `stop()` resolves when nothing of it runs any more.
 */
import type { Identity, JobChanged } from '../../workflows/messages.ts';
import { miss, notTold, see } from './changes.ts';
import type { Sight, Told } from './changes.ts';
import type { Job, Scheduler } from './port.ts';
import { readEntries } from './watch.ts';
import type { WatchEntry } from './watch.ts';

export interface PollerOptions {
  readonly scheduler: Scheduler;
  /** Its watch entries say which jobs to look at. */
  readonly root: string;
  /** Which sweeps are ours; others' entries are left alone. Default: all. */
  readonly accept?: (identity: Identity) => boolean;
  /** Milliseconds between two queries. */
  readonly intervalMs: number;
  /** Tells the trial. When it throws, the same news comes again in the next round. */
  readonly onChange: (entry: WatchEntry, news: JobChanged) => Promise<void>;
  readonly log: (message: string) => void;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

export interface Poller {
  start(): void;
  stop(): Promise<void>;
  /** The next round begins now, or right after the one under way. */
  poke(): void;
}

/** The longest pause of an outage, milliseconds. */
const LONGEST = 60_000;

export function createPoller(options: PollerOptions): Poller {
  const { scheduler, log } = options;
  const now = options.now ?? Date.now;
  const told = new Map<string, Told>();
  let outages = 0;
  let throttles = 0;
  let stopped = false;
  let poked = false;
  let wake: () => void = () => {};
  let running: Promise<void> | null = null;

  /** @returns whether the scheduler wants fewer questions. @throws when it does not answer. */
  async function round(): Promise<boolean> {
    const entries = (await readEntries(options.root)).filter((entry) => options.accept?.(entry.identity) ?? true);
    const tokens = new Set(entries.map(({ token }) => token));
    for (const token of told.keys()) if (!tokens.has(token)) told.delete(token);
    if (entries.length === 0) return false;
    const listed = await scheduler.list();
    if (listed.kind === 'unknown') throw new Error(listed.message);
    const find = finder(listed.value);
    const gone: { entry: WatchEntry & { jobId: string }; known: Told }[] = [];
    const listedNews = entries.map(async (entry) => {
      const memory = told.get(entry.token) ?? notTold(entry.restartCount);
      // ensureJob knows of its own requeues before we see them.
      const known = { ...memory, restartCount: Math.max(memory.restartCount, entry.restartCount) };
      const job = find(entry);
      if (job !== null) await tell(entry, see(job, known, now()));
      else if (entry.jobId !== null && !known.over) gone.push({ entry: { ...entry, jobId: entry.jobId }, known });
    });
    await Promise.all(listedNews);
    if (gone.length === 0) return listed.throttled === true;
    const past = await scheduler.past(gone.map(({ entry }) => entry.jobId));
    if (past.kind === 'unknown') throw new Error(past.message);
    await Promise.all(
      gone.map(async ({ entry, known }) => {
        const job = past.value.get(entry.jobId);
        if (job === undefined) return;
        await tell(entry, job === null ? miss(entry.jobId, known) : see(job, known, now()));
      }),
    );
    return listed.throttled === true || past.throttled === true;
  }

  async function tell(entry: WatchEntry, sight: Sight): Promise<void> {
    if (sight.news !== null) {
      try {
        await options.onChange(entry, sight.news);
      } catch (error) {
        return log(
          `${entry.workflowId} could not be told of job ${sight.news.jobId}, ${sight.news.state}: ${text(error)}`,
        );
      }
    }
    told.set(entry.token, sight.told);
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      poked = false;
      try {
        const throttled = await round();
        if (outages > 0) log('the scheduler answers again');
        outages = 0;
        if (throttled && throttles === 0) log('the scheduler limits our calls or is slow; asking it less often');
        throttles = throttled ? throttles + 1 : 0;
      } catch (error) {
        if (outages++ === 0) log(`the scheduler cannot be asked; asking again, less often: ${text(error)}`);
      }
      if (!stopped && !poked) await pause(backOff(options.intervalMs, Math.max(outages, throttles)));
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    start() {
      stopped = false;
      running ??= loop();
    },
    async stop() {
      stopped = true;
      wake();
      await running;
      running = null;
    },
    poke() {
      poked = true;
      wake();
    },
  };
}

/** By job id once there is one; before that by token, the lowest id first (P1). */
function finder(jobs: readonly Job[]): (entry: WatchEntry) => Job | null {
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  const byName = new Map<string, Job>();
  for (const job of jobs) {
    const first = byName.get(job.name);
    if (first === undefined || Number(job.jobId) < Number(first.jobId)) byName.set(job.name, job);
  }
  return (entry) => (entry.jobId === null ? byName.get(entry.token) : byId.get(entry.jobId)) ?? null;
}

/** Twice as long with every failure, give or take a quarter, so that several control workers do not ask in step. */
function backOff(interval: number, failures: number): number {
  if (failures === 0) return interval;
  return Math.min(interval * 2 ** Math.min(failures, 10), Math.max(LONGEST, interval)) * (0.75 + 0.5 * Math.random());
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
