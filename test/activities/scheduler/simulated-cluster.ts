/**
 * A small SLURM as a state machine in simulated time, one job's fate after another, and with lies: unanswered commands, jobs not
 * shown, old lists. `ours` are the jobs of one trial; a user may cancel them.
 */
import type { ChangeResult, Job, Query, Scheduler } from '../../../activities/scheduler/port.ts';

/** What becomes of an incarnation some seconds after its agent is up. */
export const FATES = [
  ...[
    'completes',
    'leaves in time',
    'time limit',
    'out of memory',
    'agent dies',
    'stays too long',
    'agent hangs',
    'node dies',
  ],
  ...['launch fails', 'meets its deadline', 'is forgotten'],
] as const;
export type Fate = (typeof FATES)[number];
/** Taken up one by one, by whatever SLURM is asked next; then it speaks the truth. */
export const LIES = ['none', 'no answer, but done', 'no answer', 'not shown', 'old'] as const;
export type Lie = (typeof LIES)[number];

export interface Plan {
  readonly fates: readonly Fate[];
  readonly lies: readonly Lie[];
  readonly forbidden: readonly ('requeue' | 'release')[];
  /** SLURM's clock, seconds ahead of the trial's. */
  readonly ahead: number;
}

export type Event = {
  readonly kind: 'announced' | 'completed' | 'reported' | 'heartbeat time-out';
  readonly jobId: string;
  readonly restartCount: number;
  readonly name: string;
};

type Simulated = { -readonly [Key in keyof Job]: Job[Key] } & {
  begin: number;
  lastEnd: number;
  changes: { at: number; as: string } | null;
  fateAt: number;
  announced: boolean;
  dead: boolean;
  hangs: boolean;
  cancelledByUser: boolean;
};

const HOLD = 121;
/** SlurmdTimeout, seconds. */
const NODE_GIVEN_UP = 300;

export function createSimulatedCluster(plan: Plan) {
  let now = 1_000_000_000_300;
  const jobs = new Map<string, Simulated>();
  const fates = [...plan.fates];
  const lies = [...plan.lies];
  const events: Event[] = [];
  const later: { at: number; event: Event }[] = [];
  let old: Job[] = [];
  let hidden = 0;
  let undone = 0;
  const second = (): number => Math.floor(now / 1_000) + plan.ahead;
  const tell = (kind: Event['kind'], { jobId, restartCount, name }: Job, seconds = 0): void =>
    void later.push({ at: now + seconds * 1_000, event: { kind, jobId, restartCount, name } });
  const isOver = (job: Job): boolean => /^(CANCELLED|COMPLETED|FAILED|TIMEOUT|OUT_OF_MEMORY|DEADLINE)$/.test(job.state);

  function end(job: Simulated, as: string, seconds = 1): void {
    Object.assign(job, {
      state: 'COMPLETING',
      endTime: second(),
      lastEnd: second(),
      changes: { at: now + seconds * 1_000, as },
    });
  }
  function backToQueue(job: Simulated, seconds: number): void {
    job.restartCount++;
    Object.assign(job, {
      state: 'COMPLETING',
      endTime: null,
      lastEnd: second(),
      changes: { at: now + seconds * 1_000, as: 'PENDING' },
    });
  }
  function hold(job: Simulated): void {
    const begin = second() + HOLD;
    Object.assign(job, {
      state: 'PENDING',
      reason: 'BeginTime',
      begin,
      startTime: begin,
      endTime: null,
      node: null,
      dead: false,
      hangs: false,
    });
  }
  function cancel(job: Simulated): void {
    if (isOver(job)) return;
    if (job.state === 'PENDING') Object.assign(job, { state: 'CANCELLED', startTime: second(), endTime: second() });
    else end(job, 'CANCELLED', job.dead ? NODE_GIVEN_UP : job.hangs ? 5 : 1);
  }

  function start(job: Simulated): void {
    const at = second();
    if (at <= job.lastEnd)
      return void Object.assign(job, { state: 'FAILED', exitCode: '1:0', startTime: at, endTime: at, lastEnd: at });
    if (fates[0] === 'launch fails') {
      fates.shift();
      job.restartCount++;
      return void Object.assign(job, { reason: 'launch failed requeued held', startTime: null });
    }
    Object.assign(job, {
      state: 'RUNNING',
      reason: 'None',
      startTime: at,
      endTime: at + 3_600,
      node: 'n1',
      exitCode: '0:0',
      fateAt: now + 3_000,
    });
    tell('announced', job, 0.5);
  }

  function meet(job: Simulated): void {
    job.fateAt = Infinity;
    switch (fates.shift() ?? 'completes') {
      case 'completes':
        tell('completed', job);
        return end(job, 'COMPLETED');
      case 'leaves in time':
        tell('reported', job);
        return end(job, 'FAILED');
      case 'time limit':
        tell('reported', job);
        return end(job, 'TIMEOUT', 3);
      case 'out of memory':
        return end(job, 'OUT_OF_MEMORY');
      case 'agent dies':
      case 'launch fails':
        return end(job, 'FAILED');
      case 'meets its deadline':
        return end(job, 'DEADLINE');
      case 'is forgotten':
        tell('reported', job);
        return void jobs.delete(job.jobId);
      case 'stays too long':
        return backToQueue(job, 2);
      case 'agent hangs':
        job.hangs = true;
        return tell('heartbeat time-out', job, 20);
      case 'node dies':
        Object.assign(job, { dead: true, changes: { at: now + NODE_GIVEN_UP * 1_000, as: 'node given up' } });
        return tell('heartbeat time-out', job, 20);
    }
  }

  function step(job: Simulated): void {
    if (job.changes !== null && job.changes.at <= now) {
      const { as } = job.changes;
      job.changes = null;
      if (as === 'PENDING') hold(job);
      else if (as === 'node given up') {
        job.restartCount++;
        hold(job);
      } else Object.assign(job, { state: as, reason: 'None' });
    } else if (job.state === 'PENDING' && job.reason !== 'launch failed requeued held' && job.begin <= second())
      start(job);
    else if (job.state === 'RUNNING' && job.fateAt <= now) meet(job);
  }

  const truth = (): Job[] =>
    [...jobs.values()].map(({ jobId, name, state, reason, restartCount, node, exitCode, startTime, endTime }) => ({
      ...{ jobId, name, state, reason, restartCount, node, exitCode, startTime, endTime },
    }));

  function advance(ms: number): void {
    for (const until = now + ms; now < until;) {
      now = Math.min(until, now + 250);
      if (now % 2_000 < 250) old = truth();
      for (const job of jobs.values()) step(job);
      for (const entry of later.filter(({ at }) => at <= now)) {
        later.splice(later.indexOf(entry), 1);
        events.push(entry.event);
      }
    }
  }

  const silent = { kind: 'unknown', message: 'Socket timed out on send/recv operation' } as const;
  async function answer<T>(value: () => T, none: T, stale: () => T): Promise<Query<T>> {
    const lie = lies.shift();
    if (lie === 'no answer' || lie === 'no answer, but done') return silent;
    // Believed after five seconds: SLURM's own memory is not that bad.
    hidden = lie === 'not shown' ? hidden + 1 : 0;
    if (hidden > 0 && hidden < 7) return { kind: 'answer', value: none };
    return { kind: 'answer', value: lie === 'old' ? stale() : value() };
  }
  async function change(act: () => ChangeResult): Promise<ChangeResult> {
    const lie = lies.shift();
    if (lie === 'no answer') return silent;
    const result = act();
    return lie === 'no answer, but done' ? silent : result;
  }
  const done = { kind: 'done' } as const;
  const refused = (message: string): ChangeResult => ({ kind: 'refused', message });
  const withJob = (jobId: string, act: (job: Simulated) => ChangeResult) =>
    change(() => {
      const job = jobs.get(jobId);
      return job === undefined ? refused('Invalid job id specified') : act(job);
    });
  const of = (jobId: string) => (all: readonly Job[]) => all.find((job) => job.jobId === jobId) ?? null;

  const scheduler: Scheduler = {
    kind: 'slurm',
    observe: () => () => {},
    past: async () => ({ kind: 'answer', value: new Map() }),
    async submit({ name }) {
      const jobId = String(jobs.size + 7 + fates.length * 100);
      const result = await change(() => {
        const blank = { reason: 'None', restartCount: 0, node: null, exitCode: '0:0', startTime: null, endTime: null };
        const inside = { begin: second(), lastEnd: 0, changes: null, fateAt: Infinity, announced: false };
        const free = [...Array(1_000).keys()].map((id) => String(id + 1)).find((id) => !used.has(id))!;
        used.add(free);
        const fresh = { ...inside, dead: false, hangs: false, cancelledByUser: false };
        jobs.set(free, { jobId: free, name, state: 'PENDING', ...blank, ...fresh });
        submitted = free;
        return done;
      });
      return result.kind === 'done' ? { kind: 'submitted', jobId: submitted } : { kind: 'unknown', message: jobId };
    },
    list: () => answer(truth, [], () => old),
    byName: (name) => {
      const named = (all: Job[]) => all.filter((job) => job.name === name);
      return answer(
        () => named(truth()),
        [],
        () => named(old),
      );
    },
    // One record is read from the controller's memory: it may be silent, but not of yesterday.
    show: (jobId) =>
      answer(
        () => of(jobId)(truth()),
        null,
        () => of(jobId)(truth()),
      ),
    requeue: (jobId) =>
      withJob(jobId, (job) => {
        if (plan.forbidden.includes('requeue')) return refused('Requested operation is presently disabled');
        if (job.state === 'PENDING') return refused('Job is pending execution');
        if (job.state === 'COMPLETING') return refused('Job can not be altered now, try again later');
        if (job.cancelledByUser) undone++;
        if (isOver(job)) {
          job.restartCount++;
          hold(job);
        } else backToQueue(job, job.dead ? NODE_GIVEN_UP : job.hangs ? 5 : 1);
        return done;
      }),
    release: (jobId, from) =>
      withJob(jobId, (job) => {
        if (plan.forbidden.includes('release')) return refused('Access/permission denied');
        if (job.state !== 'PENDING') return refused('Job is no longer pending execution');
        const begin = Math.max(from, second());
        if (job.reason === 'BeginTime') Object.assign(job, { begin, startTime: begin, reason: 'None' });
        return done;
      }),
    unhold: (jobId) =>
      withJob(jobId, (job) => {
        if (job.state === 'PENDING') Object.assign(job, { reason: 'None', begin: second() });
        return done;
      }),
    nodeAnswers: () =>
      answer(
        () => ![...jobs.values()].some((job) => job.dead),
        true,
        () => true,
      ),
    cancel: (jobId) =>
      withJob(jobId, (job) => {
        cancel(job);
        return done;
      }),
  };
  const used = new Set<string>();
  let submitted = '';

  return {
    scheduler,
    advance,
    now: () => now,
    /** What has happened since the last call. */
    events: (): Event[] => events.splice(0),
    jobs: truth,
    isLive: (jobId: string): boolean => jobs.has(jobId) && !isOver(jobs.get(jobId)!),
    /** @returns whether there was something to cancel. */
    userCancels(jobId: string): boolean {
      const job = jobs.get(jobId);
      if (job === undefined || isOver(job) || (job.endTime !== null && job.state === 'COMPLETING')) return false;
      if (job.state === 'RUNNING' && !job.dead && !job.hangs) tell('reported', job);
      job.cancelledByUser = true;
      // An agent that has not announced itself by now leaves without.
      const silenced = (event: Event): boolean => event.kind === 'announced' && event.jobId === jobId;
      events.splice(0, Infinity, ...events.filter((event) => !silenced(event)));
      later.splice(0, Infinity, ...later.filter(({ event }) => !silenced(event)));
      cancel(job);
      return true;
    },
    undone: () => undone,
  };
}
