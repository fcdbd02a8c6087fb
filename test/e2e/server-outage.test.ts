/**
 * Temporal's server dies (SIGKILL) and comes back on its database, in every phase of a trial: nothing is lost, nothing is
 * repeated. An agent's report is dropped after some 14 s of outage; what it wrote to disk first is what counts (P4).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepLayout } from '../../activities/layout.ts';
import { packageRoot } from '../../workers/package-root.ts';
import type { Outcome, TrialEnded } from '../../workflows/messages.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { agentPid, ended, segmentRows, startSweep, until, untilTraining, writeSweep } from './support/sweep.ts';
import { expectExact } from './support/undisturbed.ts';

const PROGRAM = join(packageRoot(), 'test/e2e/fixtures/paced.ts');

let stack: TestStack;
beforeAll(async () => void (stack = await startTestStack({ scheduler: 'slurm' })));
afterAll(async () => await stack?.stop());

async function begin(id: string, heartbeatSeconds: number, epochs: number, pace: number): Promise<void> {
  const file = await writeSweep(stack, id, {
    trials: 1,
    program: PROGRAM,
    keys: { parameters: { lr_max: { value: 0.01 }, epochs: { value: epochs }, pace: { value: pace } } },
    temporal: { heartbeat_timeout: heartbeatSeconds },
  });
  await startSweep(stack, id, file);
}

const outcome = async (id: string, segment: number): Promise<Outcome> =>
  JSON.parse(await readFile(sweepLayout(stack.root, id).trial(1).segment(segment).outcome, 'utf8')) as Outcome;

async function only(id: string): Promise<TrialEnded> {
  const trials = await until(`${id} is recorded`, async () => {
    const all = await ended(stack, id);
    return all.length > 0 && all;
  });
  expect(trials).toHaveLength(1);
  return trials[0]!;
}

test('an outage shorter than the heartbeat time-out costs nothing', async () => {
  await begin('short', 60, 12, 30);
  await untilTraining(stack, 'short', 1);
  stack.server.kill();
  const rows = (await segmentRows(stack, 'short', 1, 1)).length;
  await until('it trains on without a server', async () => (await segmentRows(stack, 'short', 1, 1)).length > rows);
  await stack.server.restart();
  expect(await only('short')).toMatchObject({ state: 'complete', resumes: 0, segments: 1 });
  await expectExact(stack, 'short', 1, PROGRAM);
});

test('after a longer one the agent checkpoints and leaves, and the next one goes on', async () => {
  await begin('long', 5, 25, 40);
  await untilTraining(stack, 'long', 1);
  stack.server.kill();
  await delay(12_000);
  await stack.server.restart();
  expect(await only('long')).toMatchObject({ state: 'complete' });
  await expectExact(stack, 'long', 1, PROGRAM);
});

test('a notice during an outage is answered on disk, and found there', async () => {
  await begin('notice', 10, 25, 40);
  const agent = await agentPid(stack, 'notice', await untilTraining(stack, 'notice', 1));
  stack.server.kill();
  process.kill(agent, 'SIGUSR1');
  expect(await until('its outcome is on disk', () => outcome('notice', 1))).toMatchObject({
    status: 'interrupted',
    cause: 'limit',
  });
  await delay(16_000); // longer than the Worker goes on reporting
  await stack.server.restart();
  expect(await only('notice')).toMatchObject({ state: 'complete', resumes: 1, segments: 2 });
  await expectExact(stack, 'notice', 1, PROGRAM);
});

test('a trial that finishes during an outage is not trained again', async () => {
  await begin('finish', 10, 8, 30);
  await untilTraining(stack, 'finish', 1);
  stack.server.kill();
  expect(await until('its outcome is on disk', () => outcome('finish', 1))).toMatchObject({ status: 'completed' });
  await delay(25_000); // the report is dropped, and the agent has gone
  await stack.server.restart();
  expect(await only('finish')).toMatchObject({ state: 'complete', segments: 1, resumes: 0 });
  await expectExact(stack, 'finish', 1, PROGRAM);
});
