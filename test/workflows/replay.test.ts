/** P12: histories of this and older releases replay. Recorded by `npx tsx test/histories/record.ts`. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../histories/', import.meta.url));
const recorded = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));

let workflowBundle: WorkflowBundleWithSourceMap;
beforeAll(async () => {
  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    logger: quiet,
  });
}, 60_000);

interface History {
  readonly events: {
    readonly workflowExecutionStartedEventAttributes?: { readonly workflowId: string };
    readonly activityTaskScheduledEventAttributes?: { readonly activityType: { name: string } };
  }[];
}

const load = (name: string): History => JSON.parse(readFileSync(`${folder}${name}`, 'utf8')) as History;
const replay = (history: History): Promise<void> =>
  Worker.runReplayHistory(
    { workflowBundle },
    historyFromJSON(history),
    history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId,
  );

test('there are histories to replay', () => {
  expect(recorded.length).toBeGreaterThanOrEqual(6);
});

test.each(recorded)('%s', async (name) => {
  await expect(replay(load(name))).resolves.toBeUndefined();
});

test('a history that is not ours is refused', async () => {
  const name = recorded.find((file) => file.includes('trial-notice'))!;
  const history = load(name);
  const scheduled = history.events.flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
  scheduled[0]!.activityType.name = 'other';
  await expect(replay(history)).rejects.toThrow(/determinis/i);
});
