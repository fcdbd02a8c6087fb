/**
 * Records the histories that `replay.test.ts` replays: `npx tsx test/histories/record.ts`, once per release, into
 * `test/histories/<version>/`. Those of older releases stay: what they hold may still run somewhere.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../workers/package-root.ts';
import { startTestStack, type TestStack } from '../e2e/support/stack.ts';
import { agentPid, startSweep, sweepStatus, until, untilTraining, writeSweep } from '../e2e/support/sweep.ts';

const { version } = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
const directory = join(packageRoot(), 'test/histories', version);
await mkdir(directory, { recursive: true });

async function save(stack: TestStack, workflowId: string, name: string, runId = ''): Promise<void> {
  const which = ['--workflow-id', workflowId, ...(runId === '' ? [] : ['--run-id', runId])];
  const { stdout } = await stack.temporal('workflow', 'show', ...which, '--output', 'json');
  const history = JSON.parse(stdout, (key, value: unknown) => (key === 'identity' ? 'recorder' : value)) as { events: unknown[] };
  await writeFile(join(directory, `${name}.json`), `${JSON.stringify(history)}\n`);
  console.log(`${name}: ${history.events.length} events`);
}

const stack = await startTestStack({ scheduler: 'local' });
try {
  const file = await writeSweep(stack, 'recorded', { trials: 4, epochs: 40, temporal: { concurrency: 3 } });
  await startSweep(stack, 'recorded', file);
  process.kill(await agentPid(stack, 'recorded', await untilTraining(stack, 'recorded', 1)), 'SIGUSR1');
  process.kill(await agentPid(stack, 'recorded', await untilTraining(stack, 'recorded', 2)), 'SIGKILL');
  await untilTraining(stack, 'recorded', 1, 2);
  await stack.temporal('workflow', 'signal', '--workflow-id', 'recorded', '--name', 'pause');
  await until('all are paused', async () => (await stack.scheduler.list()).kind === 'answer' && (await paused()));
  await stack.temporal('workflow', 'signal', '--workflow-id', 'recorded', '--name', 'resume');
  await untilTraining(stack, 'recorded', 3, 2);
  await stack.temporal('workflow', 'update', 'execute', '--workflow-id', 'recorded', '--name', 'stopTrial', '--input', '3');
  await until('it is complete', async () => (await sweepStatus(stack, 'recorded')).state === 'complete', 300);
  await save(stack, 'recorded', 'sweep');
  await save(stack, 'recorded/1', 'trial-notice-and-pause');
  await save(stack, 'recorded/2', 'trial-lost-agent');
  await save(stack, 'recorded/3', 'trial-stopped');
  const cancelled = await writeSweep(stack, 'cancelled', { trials: 1, epochs: 400 });
  await startSweep(stack, 'cancelled', cancelled);
  await untilTraining(stack, 'cancelled', 1);
  await stack.temporal('workflow', 'cancel', '--workflow-id', 'cancelled');
  await until('it is cancelled', async () => (await stack.client.workflow.getHandle('cancelled').describe()).status.name === 'CANCELLED');
  await save(stack, 'cancelled', 'sweep-cancelled');
  await save(stack, 'cancelled/1', 'trial-cancelled');
} finally {
  await stack.stop();
}

const renewing = await startTestStack({ scheduler: 'local', historyLimit: 60 });
try {
  const file = await writeSweep(renewing, 'renewed', { trials: 8, epochs: 2, temporal: { concurrency: 3 } });
  await startSweep(renewing, 'renewed', file);
  await until('it is complete', async () => (await sweepStatus(renewing, 'renewed')).state === 'complete', 300);
  const { raw } = await renewing.client.workflow.getHandle('renewed').describe();
  await save(renewing, 'renewed', 'sweep-continued-as-new', raw.workflowExecutionInfo!.firstRunId!);
  await save(renewing, 'renewed', 'sweep-continued');
} finally {
  await renewing.stop();
}

async function paused(): Promise<boolean> {
  const states = await Promise.all([1, 2, 3].map((number) => stack.client.workflow.getHandle(`recorded/${number}`).query<{ state: string }>('status')));
  return states.every(({ state }) => state === 'paused' || state === 'complete');
}
