/** The control worker dies, leaves and comes back; sweeps do not notice. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identify } from '../../workers/stack/process-table.ts';
import { fixture, trialsOf } from './support/ends.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { ended, liveJobs, startSweep, sweepStatus, trialStatus, until, writeSweep } from './support/sweep.ts';
import { wrap, type Wrapped } from './support/wrapped.ts';

let stack: TestStack;
/** While the file `kill` or `slow` exists, the sbatch that finds it first takes it, and its caller's life or time. */
let sbatch: Wrapped;
let kill: string;
let slow: string;

beforeAll(async () => {
  stack = await startTestStack({ scheduler: 'slurm', worker: false, historyLimit: 40 });
  [kill, slow] = [join(stack.directory, 'kill'), join(stack.directory, 'slow')];
  const lines = [`rm '${kill}' 2>/dev/null && kill -KILL $PPID`, `rm '${slow}' 2>/dev/null && sleep 1`];
  sbatch = await wrap(stack, 'sbatch', ...lines);
  await stack.worker.start(sbatch.environment);
});
afterAll(() => stack.stop());

const plan = (trials: number, concurrency = trials) => ({
  trials,
  program: fixture('speaker.mjs'),
  keys: { parameters: { lr: { distribution: 'uniform', min: 0.1, max: 0.9 } } },
  temporal: { concurrency },
});

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** `<trial>.<submission>` of all jobs that SLURM ever had for the sweep. */
async function submissions(id: string): Promise<string[]> {
  const listed = await stack.scheduler.list();
  if (listed.kind === 'unknown') throw new Error(listed.message);
  const names = listed.value.map((job) => job.name).filter((name) => name.startsWith(`${id}/`));
  return names.map((name) => name.slice(id.length + 1, name.indexOf('@'))).sort();
}

test('SIGKILL right after sbatch has returned: one job per trial, and every trial completes', async () => {
  const file = await writeSweep(stack, 'orphans', plan(3));
  const pid = stack.worker.pid();
  await writeFile(kill, '');
  await startSweep(stack, 'orphans', file);
  await until('the control worker is dead', async () => identify(pid) === null);
  await stack.worker.start(sbatch.environment);
  const trials = await trialsOf(stack, 'orphans');
  expect(trials.toSorted((a, b) => a.number - b.number).map(({ number, state }) => [number, state])).toEqual(
    numbers(3).map((number) => [number, 'complete']),
  );
  expect(await submissions('orphans')).toEqual(['1.1', '2.1', '3.1']);
  expect(trials.flatMap(({ interruptions }) => interruptions)).toEqual([]);
});

test('SIGTERM while sbatch is under way: exit code 0, the answer is kept, a successor goes on', async () => {
  const before = await sbatch.calls();
  const file = await writeSweep(stack, 'handed-over', plan(1));
  await writeFile(slow, '');
  await startSweep(stack, 'handed-over', file);
  await until('sbatch runs', async () => (await sbatch.calls()) > before);
  const pid = stack.worker.pid();
  expect(await stack.worker.stop()).toBe(0);
  expect(identify(pid)).toBeNull();
  await stack.worker.start(sbatch.environment);
  expect(await trialsOf(stack, 'handed-over')).toMatchObject([{ number: 1, state: 'complete' }]);
  expect(await submissions('handed-over')).toEqual(['1.1']);
});

test('a sweep continues as new and still has every number once', async () => {
  const file = await writeSweep(stack, 'renewed', plan(14, 4));
  await startSweep(stack, 'renewed', file);
  const handle = stack.client.workflow.getHandle('renewed');
  const first = (await handle.describe()).runId;
  await handle.executeUpdate('setConcurrency', { args: [3] });
  const trials = await trialsOf(stack, 'renewed');
  expect(trials.map(({ number }) => number).sort((a, b) => a - b)).toEqual(numbers(14));
  expect(new Set(trials.map(({ state }) => state))).toEqual(new Set(['complete']));
  const last = await handle.describe();
  expect(last.runId, 'it has continued as new').not.toBe(first);
  expect(last.historyLength).toBeLessThan(200);
  const status = await sweepStatus(stack, 'renewed');
  expect(status).toMatchObject({
    state: 'complete',
    concurrency: 3,
    started: 14,
    counts: { running: 0, complete: 14 },
  });
  const best = trials.toSorted((a, b) => a.objective! - b.objective!)[0]!;
  expect(status.best).toMatchObject({ number: best.number, objective: best.objective });
  expect(await submissions('renewed')).toHaveLength(14);
});

test('a cancellation reaches the trials of a sweep that has continued as new', async () => {
  const [go, never] = [join(stack.directory, 'halted.yaml'), join(stack.directory, 'never')];
  // The grid's first ten trials end at once, the others never.
  const lr = { values: numbers(10) };
  const file = await writeSweep(stack, 'halted', {
    ...plan(20, 3),
    keys: { method: 'grid', parameters: { hold: { values: [go, never] }, lr } },
  });
  await startSweep(stack, 'halted', file);
  const handle = stack.client.workflow.getHandle('halted');
  const first = (await handle.describe()).runId;
  for (const number of [11, 12, 13]) {
    const status = await until(`trial ${number} works`, async () => {
      const now = await trialStatus(stack, 'halted', number);
      return now.state === 'running' && now;
    });
    expect(status.hyperparameters['hold']).toBe(never);
  }
  expect((await handle.describe()).runId, 'it has continued as new').not.toBe(first);
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(await sweepStatus(stack, 'halted')).toMatchObject({
    state: 'cancelled',
    counts: { running: 0, complete: 10, cancelled: 3, failed: 0 },
  });
  expect((await ended(stack, 'halted')).map(({ number }) => number).sort((a, b) => a - b)).toEqual(numbers(13));
  expect(await liveJobs(stack)).toEqual([]);
});
