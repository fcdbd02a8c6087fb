/** The real ensureJob and endJob, the poller's eye and the trial's memory against a cluster that lies. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { notTold, see } from '../../../activities/scheduler/changes.ts';
import { endJob } from '../../../activities/scheduler/end-job.ts';
import { ensureJob, type EnsureJobDeps } from '../../../activities/scheduler/ensure-job.ts';
import { createClusterMemory, type WantedPolicy } from '../../../activities/scheduler/policy.ts';
import { isLive } from '../../../activities/scheduler/states.ts';
import { parseToken, token } from '../../../activities/scheduler/token.ts';
import type { EnsureJobInput, EnsureJobResult } from '../../../workflows/activities.ts';
import { PROTOCOL } from '../../../workflows/messages.ts';
import { allocationOver, announced, isOver, jobOver, resubmitted } from '../../../workflows/trial-state.ts';
import { newTrial, type Ended } from '../../../workflows/trial/memory.ts';
import { createSimulatedCluster, FATES, LIES, type Plan } from './simulated-cluster.ts';

const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run' };

interface Story extends Plan {
  readonly policy: WantedPolicy;
  /** Seconds after which the user cancels the trial's job; null: never. */
  readonly cancelAfter: number | null;
  /** The sleeps of ensureJob in which the control worker dies. */
  readonly deaths: readonly number[];
}

const story: fc.Arbitrary<Story> = fc.record({
  fates: fc.array(fc.constantFrom(...FATES), { maxLength: 6 }),
  lies: fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(LIES[0]) }, fc.constantFrom(...LIES)), { maxLength: 40 }),
  forbidden: fc.subarray(['requeue', 'release'] as const),
  ahead: fc.constantFrom(0, 0, 2, 30),
  policy: fc.constantFrom('auto', 'requeue', 'expedite', 'resubmit'),
  cancelAfter: fc.option(fc.nat(400)),
  deaths: fc.array(fc.nat(30), { maxLength: 3 }),
});

/** Seconds of simulated time in which everything must be over. */
const ENOUGH = 4 * 3_600;

async function live(plan: Story) {
  const cluster = createSimulatedCluster(plan);
  const began = cluster.now();
  const elapsed = (): number => (cluster.now() - began) / 1_000;
  const memory = createClusterMemory(cluster.now);
  let trial = newTrial;
  let replaces: string | null = null;
  let told = notTold(0);
  let final: string | null = null;
  let cancelled = false;
  let sleeps = 0;
  const accepted: { submission: number; jobId: string; restartCount: number; afterCancel: boolean }[] = [];

  function pass(ms: number): void {
    cluster.advance(ms);
    if (plan.cancelAfter !== null && !cancelled && elapsed() >= plan.cancelAfter && trial.jobId !== null)
      cancelled = cluster.userCancels(trial.jobId);
  }
  const deps: EnsureJobDeps = {
    scheduler: cluster.scheduler,
    memory,
    policy: plan.policy,
    writeWatch: async () => {},
    submitRequest: async ({ submission }) => ({
      ...{ name: token(identity, 1, submission), script: '', directory: '', output: '', options: {}, leadSeconds: 60 },
    }),
    sleep: async (ms) => {
      if (plan.deaths.includes(sleeps++)) throw new Error('the control worker dies');
      pass(ms);
    },
    now: cluster.now,
    heartbeat: () => {},
    log: () => {},
  };
  const over = (ended: Omit<Ended, 'submission' | 'why'>): void =>
    void (trial = allocationOver(trial, { submission: trial.submission, why: '', ...ended }));

  async function hear(): Promise<void> {
    for (const { kind, jobId, restartCount, name } of cluster.events()) {
      const submission = parseToken(name)!.submission;
      if (kind === 'announced') {
        // An agent that is gone before it is heard is no other case than one that dies right after.
        const result = announced(trial, {
          submission,
          jobId,
          restartCount,
          protocol: PROTOCOL,
          node: 'n1',
          taskQueue: 'q',
        });
        if (result.verdict === 'accepted') accepted.push({ submission, jobId, restartCount, afterCancel: cancelled });
        if (result.verdict === 'stray') while ((await cluster.scheduler.cancel(jobId)).kind === 'unknown');
        trial = result.trial;
      } else if (trial.allocation?.jobId === jobId && trial.allocation.restartCount === restartCount) {
        if (kind === 'completed') final = 'complete';
        else over({ jobId, restartCount, known: kind });
      }
    }
  }
  /** The poller's round. */
  async function poll(): Promise<void> {
    const listed = await cluster.scheduler.list();
    const job = listed.kind === 'answer' ? listed.value.find(({ jobId }) => jobId === trial.jobId) : undefined;
    if (job === undefined) return;
    const sight = see(job, told, cluster.now());
    told = sight.told;
    if (sight.news !== null && jobOver(trial, sight.news)) over({ ...(trial.allocation ?? sight.news), known: 'seen' });
  }
  async function wait(seconds: number, until: () => boolean): Promise<void> {
    for (let rounds = 0; rounds < seconds && !until(); rounds++) {
      pass(1_000);
      await hear();
      if (rounds % 5 === 4) await poll();
    }
  }
  async function take(result: EnsureJobResult): Promise<void> {
    if (result.kind === 'cancelled') final = 'cancelled';
    if (result.kind === 'resubmit') {
      trial = resubmitted(trial);
      replaces = result.old ?? null;
      told = notTold(0);
    }
    if (result.kind !== 'queued') return;
    trial = { ...trial, jobId: trial.jobId ?? result.jobId };
    const { ended } = trial;
    await wait(
      isOver(result.state) ? 20 : 600,
      () => trial.allocation !== null || trial.ended !== ended || final !== null,
    );
    if (isOver(result.state) && trial.allocation === null && trial.ended === ended) over({ ...result, known: 'seen' });
  }

  while (final === null && elapsed() < ENOUGH) {
    await hear();
    if (final !== null) break;
    if (trial.allocation !== null) {
      const { allocation } = trial;
      await wait(3_600, () => trial.allocation !== allocation || final !== null);
      continue;
    }
    const { submission, jobId, ended } = trial;
    const input: EnsureJobInput = { identity, number: 1, submission, jobId, last: ended, replaces };
    const result = await ensureJob(deps, input).catch(() => null);
    await hear();
    if (result !== null && trial.submission === submission && trial.allocation === null) await take(result);
  }
  if (final !== null) {
    const { submission, jobId } = trial;
    trial = { ...trial, final: { state: 'cancelled', reason: '' } };
    const end = { identity, number: 1, submission, jobId, leaving: false, over: true };
    await endJob({ ...deps, sleep: async (ms) => pass(ms), forget: async () => {} }, end);
    await wait(900, () => false);
  }
  return { final, accepted, cancelled, undone: cluster.undone(), left: cluster.jobs().filter(isLive) };
}

it('comes to an end or to one running job, whatever the cluster does, hides and refuses (P1, P7, P9)', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (plan) => {
      const { final, accepted, cancelled, undone, left } = await live(plan);
      expect(final).not.toBeNull();
      expect(left).toEqual([]);
      // P1: one job per submission is granted work, and each allocation is newer than the one before.
      const orders = accepted.map(({ submission, restartCount }) => submission * 1_000 + restartCount);
      expect(orders).toEqual([...new Set(orders)].toSorted((a, b) => a - b));
      expect(new Set(accepted.map(({ submission, jobId }) => `${submission} ${jobId}`)).size).toBe(
        new Set(accepted.map(({ submission }) => submission)).size,
      );
      // P7: a user's cancel is never undone.
      expect(undone).toBe(0);
      if (cancelled) expect(accepted.filter(({ afterCancel }) => afterCancel)).toEqual([]);
      if (cancelled) expect(final).toBe('cancelled');
    }),
    { numRuns: 300 },
  );
}, 60_000);
