/** Clusters that preempt in another way, lose a node, a controller or a record, or hold a job: the trial goes on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../workers/package-root.ts';
import type { TrialEnded, TrialStatus } from '../../workflows/messages.ts';
import { preempt } from './support/disturb.ts';
import { fixture, trialsOf } from './support/ends.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { liveJobs, startSweep, sweepStatus, trialStatus, until, untilTraining, writeSweep } from './support/sweep.ts';
import { expectExact } from './support/undisturbed.ts';

const PACED = join(packageRoot(), 'test/e2e/fixtures/paced.ts');
const WHOLE_NODE = { time: 10, nodes: 1, ntasks: 2, 'cpus-per-task': 1 };

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({
    scheduler: 'slurm',
    pollSeconds: 1,
    cluster: {
      nodes: 2,
      killWaitSeconds: 2,
      slurmdTimeoutSeconds: 5,
      minJobAgeSeconds: 5,
      extraPartitions: [
        { name: 'cancel', preemptMode: 'CANCEL', graceSeconds: 0 },
        { name: 'brief', preemptMode: 'REQUEUE', graceSeconds: 0 },
      ],
    },
  });
});
afterAll(async () => await stack?.stop());

/** One trial of about eight seconds, in which every step counts. */
async function train(id: string, partition: string): Promise<TrialStatus> {
  const parameters = { lr_max: { value: 0.01 }, epochs: { value: 6 }, pace: { value: 40 } };
  const temporal = { heartbeat_timeout: '5s', slurm: { partition, ...WHOLE_NODE } };
  await startSweep(
    stack,
    id,
    await writeSweep(stack, id, { trials: 1, program: PACED, keys: { parameters }, temporal }),
  );
  return untilTraining(stack, id, 1);
}

/** One trial that trains nothing until the file `<id>.go` is there. */
async function speak(id: string, slurm: Record<string, unknown> = {}): Promise<string> {
  const go = join(stack.directory, `${id}.go`);
  const parameters = { lr: { value: 1 }, hold: { value: go } };
  const temporal = { slurm: { partition: 'low', ...WHOLE_NODE, ...slurm } };
  const file = await writeSweep(stack, id, {
    trials: 1,
    program: fixture('speaker.mjs'),
    keys: { parameters },
    temporal,
  });
  await startSweep(stack, id, file);
  return go;
}

const running = (id: string, segment = 1): Promise<TrialStatus> =>
  until(`trial ${id}/1 works in segment ${segment}`, async () => {
    const status = await trialStatus(stack, id, 1);
    return status.state === 'running' && status.segments >= segment && status;
  });

const slurm = (file: string, ...args: string[]) => execa(file, args, { env: stack.environment });

async function expectResumedOnce(id: string): Promise<TrialEnded> {
  const [trial] = await trialsOf(stack, id);
  expect(trial).toMatchObject({ state: 'complete', resumes: 1, segments: 2 });
  await expectExact(stack, id, 1, PACED);
  expect(await liveJobs(stack)).toEqual([]);
  return trial!;
}

// MFC PR #1771 and TensorRT-LLM PR #17654: under PreemptMode=CANCEL SLURM makes --requeue a no-op, and the run was lost.
test('a preempted trial goes on where SLURM cancels instead of requeueing', async () => {
  const { node, jobId } = await train('cancel', 'cancel');
  await preempt(stack, node!, 1);
  const preempted = await until('the end of its job is shown', async () => {
    const shown = await stack.scheduler.show(jobId!);
    return shown.kind === 'answer' && shown.value?.state !== 'RUNNING' && shown.value;
  });
  expect(preempted.state).not.toBe('CANCELLED');
  await expectResumedOnce('cancel');
});

// slurm.md: GraceTime defaults to 0. MFC PR #1771, EgoVerse PR #621: SIGKILL comes with SIGTERM, mid-write if it must.
test('without a grace time a trial resumes from its last periodic checkpoint, and no row is lost or doubled', async () => {
  const { node } = await train('brief', 'brief');
  await preempt(stack, node!, 1);
  await expectResumedOnce('brief');
});

// ray #5036 thought trials alive on a dead node; snakemake-executor-slurm #109 requeued NODE_FAIL twice; fairchem PR #803 began at zero.
test('a trial whose node dies goes on elsewhere', async () => {
  const { node } = await train('dead', 'low');
  await stack.cluster().killNode(node!);
  const second = await untilTraining(stack, 'dead', 1, 2);
  expect(second.node).not.toBe(node);
  await expectResumedOnce('dead');
  await stack.cluster().reviveNode(node!);
});

// ArjunaUsers #56, #63, burrmill #15: held jobs waited for ever, and nobody was told why.
test('a held job is shown with its reason, and its trial goes on when it is released', async () => {
  const go = await speak('held', { hold: true });
  const waiting = await shownHeld('held', 'JobHeldUser');
  await slurm('scontrol', 'release', waiting.jobId!);
  const first = await running('held');
  await slurm('scontrol', 'requeuehold', first.jobId!);
  const shown = await until('the job waits under its new hold', async () => {
    const found = await stack.scheduler.show(first.jobId!);
    return found.kind === 'answer' && found.value?.state === 'PENDING' && found.value;
  });
  expect(shown).toMatchObject({ reason: expect.stringMatching(/^job.requeued.in.held.state$/), restartCount: 1 });
  await shownHeld('held', 'job.requeued.in.held.state');
  await slurm('scontrol', 'release', first.jobId!);
  const second = await running('held', 2);
  expect([second.jobId, second.restartCount]).toEqual([first.jobId, 1]);
  await slurm('touch', go);
  expect(await trialsOf(stack, 'held')).toMatchObject([{ state: 'complete' }]);
});

const shownHeld = (id: string, reason: string): Promise<TrialStatus> =>
  until(
    `trial ${id} shows ${reason}`,
    async () => {
      const status = await trialStatus(stack, id, 1);
      return status.state !== 'running' && new RegExp(reason).test(status.activity) && status;
    },
    40,
  );

// skypilot #10155: 25 status time-outs caused 24 recoveries of a job that was running all the time.
test('while the controller is away nothing fails, and a trial that runs goes on', async () => {
  const go = await speak('away');
  const { jobId } = await running('away');
  await stack.cluster().stopController();
  try {
    const file = await writeSweep(stack, 'late', {
      trials: 1,
      program: fixture('speaker.mjs'),
      keys: { parameters: { lr: { value: 1 } } },
    });
    await startSweep(stack, 'late', file);
    await until('the control worker says that SLURM cannot be asked', async () =>
      /the scheduler cannot be asked/.test(await readFile(join(stack.directory, 'worker.log'), 'utf8')),
    );
    await until('the table of trials says it', async () =>
      /does not answer/.test((await stack.cli('trials', 'late', '--json')).stdout),
    );
    await until('the status counts what was not answered', async () =>
      /\d unanswered/.test((await stack.cli('status', 'late')).stdout),
    );
    expect(await trialStatus(stack, 'away', 1)).toMatchObject({ state: 'running', jobId, resumes: 0 });
    expect((await sweepStatus(stack, 'late')).counts.failed).toBe(0);
  } finally {
    await stack.cluster().startController();
  }
  await slurm('touch', go);
  expect(await trialsOf(stack, 'away')).toMatchObject([{ state: 'complete', resumes: 0, interruptions: [] }]);
  expect(await trialsOf(stack, 'late')).toMatchObject([{ state: 'complete', resumes: 0, interruptions: [] }]);
});

// slurm.md §3: after MinJobAge SLURM knows nothing of a job; Flyte's plugin and others took that for a failure.
test('a record that is gone when the control worker comes back is no failure: a new job resumes', async () => {
  const { node, jobId } = await train('gone', 'low');
  await stack.worker.kill();
  await preempt(stack, node!, 1);
  await until('SLURM has forgotten the job', async () => {
    const shown = await stack.scheduler.show(jobId!);
    return shown.kind === 'answer' && shown.value === null;
  });
  await stack.worker.start();
  const second = await untilTraining(stack, 'gone', 1, 2);
  expect(second.jobId).not.toBe(jobId);
  await expectResumedOnce('gone');
});
