/** One trial that never ends, and interruptions of it one after another. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../workers/package-root.ts';
import type { TestStack } from '../../test/e2e/support/stack.ts';
import { until, writeSweep } from '../../test/e2e/support/sweep.ts';
import type { Kind } from './kinds.ts';
import { timeline, type Times } from './timeline.ts';
import { newestTraining, readTrace } from '../../workers/agent/trace-file.ts';

export interface SeriesPlan {
  readonly sweepId: string;
  readonly kind: Kind;
  readonly count: number;
  /** The control worker's task queue, directory of sweeps, and the trace of its agents. */
  readonly taskQueue: string;
  readonly root: string;
  readonly trace: string;
  /** How long a resume may take. Seconds. */
  readonly patience: number;
  readonly told: (line: string) => void;
}

/** Milliseconds from the beginning of the interruption to each stage. */
export type Sample = Times;

export async function series(stack: TestStack, plan: SeriesPlan): Promise<Sample[]> {
  const { sweepId, kind, trace, root } = plan;
  const file = await writeSweep(stack, sweepId, {
    trials: 1,
    epochs: 1_000_000,
    program: join(packageRoot(), 'examples/mnist/train.ts'),
    temporal: kind.temporal,
  });
  const started = await stack.cli('start', file, '--id', sweepId, '--task-queue', plan.taskQueue);
  if (started.exitCode !== 0) throw new Error(started.stderr);
  const marks = async () => (await readTrace(trace)).filter(({ job }) => jobs.has(job.split('.')[0]!));
  const jobs = new Set([await until(`a job of ${sweepId}`, () => jobOf(stack, sweepId))]);
  const samples: Sample[] = [];
  let training = await until(`${sweepId} trains`, async () => newestTraining(await marks()));
  while (samples.length < plan.count) {
    // A start falls on slurmctld's tick; the notices shall fall evenly over the wall-clock second.
    await delay(1_000);
    await delay((((1_000 * (samples.length + 0.5)) / plan.count - Date.now()) % 1_000) + 1_000);
    const before = training;
    const [jobId = '', restart] = before.job.split('.');
    const zero = await kind.begin({ stack, root, sweepId, jobId, restartCount: Number(restart), marks });
    training = await until(
      `${sweepId} trains again`,
      async () => {
        const newest = newestTraining(await marks());
        return newest !== null && newest.job !== before.job && newest;
      },
      plan.patience,
    );
    const times = await timeline(stack, await marks(), {
      sweepId,
      root,
      before: before.job,
      after: training.job,
      from: zero,
    });
    const sample = Object.fromEntries(Object.entries(times).map(([stage, at]) => [stage, at - zero]));
    samples.push(sample);
    plan.told(
      `${kind.name} ${samples.length}/${plan.count}: first new batch after ${Math.round(training.at - zero)} ms`,
    );
  }
  await stack.client.workflow.getHandle(sweepId).cancel();
  await stack.client.workflow
    .getHandle(sweepId)
    .result()
    .catch(() => {});
  return samples;
}

async function jobOf(stack: TestStack, sweepId: string): Promise<string | null> {
  const listed = await stack.scheduler.list();
  if (listed.kind === 'unknown') return null;
  return listed.value.find(({ name }) => name.startsWith(`${sweepId}/`))?.jobId ?? null;
}
