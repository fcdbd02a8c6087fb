/** What a user's launch.sh may do to the job: nothing silently. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture, trialsOf } from './support/ends.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { liveJobs, startSweep, writeSweep } from './support/sweep.ts';

let stack: TestStack;
beforeAll(async () => void (stack = await startTestStack({ scheduler: 'slurm' })));
afterAll(() => stack.stop());

/** Runs one trial behind a launch.sh of these lines; its launches may be lost twice. */
async function launch(id: string, ...lines: string[]) {
  const script = join(stack.directory, `${id}.sh`);
  await writeFile(script, `#!/bin/bash\n${lines.join('\n')}\n`, { mode: 0o700 });
  const file = await writeSweep(stack, id, {
    trials: 1,
    program: fixture('speaker.mjs'),
    keys: { parameters: { lr: { value: 0.5 } } },
    temporal: { launch: script, retries: { lost_launches: 1 } },
  });
  await startSweep(stack, id, file);
  const [trial] = await trialsOf(stack, id);
  return trial!;
}

const LOST = { state: 'failed', segments: 0, objective: null };
const WORKED = { state: 'complete', segments: 1, objective: 0.5, interruptions: [] };
const output = (id: string) => readFile(join(stack.root, id, 'trials/1/submissions/1/output.log'), 'utf8');

test('exit 3: the launch is lost, with its code, and given up after the budget', async () => {
  const trial = await launch('exits', 'echo about to leave', 'exit 3');
  expect(trial).toMatchObject(LOST);
  expect(trial.reason).toMatch(/^2 launches in a row never announced themselves \(last: launch\.sh, exit code 3\)$/);
  expect((await output('exits')).match(/about to leave/g)).toHaveLength(2);
  const failure = await stack.client.workflow
    .getHandle('exits/1')
    .result()
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ cause: { type: 'LaunchLost', message: trial.reason } });
});

test('set -e and a failing line: lost, with the code of the line', async () => {
  const trial = await launch('strict', 'set -e', 'false', 'echo never');
  expect(trial).toMatchObject(LOST);
  expect(trial.reason).toContain('(last: launch.sh, exit code 1)');
});

test('exec of a program that ends well: lost all the same, since nothing was launched', async () => {
  const trial = await launch('replaced', 'exec true');
  expect(trial).toMatchObject(LOST);
  expect(trial.reason).toContain('(last: launch.sh)');
});

test('traps, set -euo pipefail, functions and variables of its own do no harm', async () => {
  const trial = await launch(
    'trapped',
    "trap 'echo user-trap' USR1 TERM EXIT",
    'set -euo pipefail',
    'srun() { echo not yours; exit 9; }',
    'node() { exit 9; }',
    'export -f srun node',
    'PATH=/usr/bin:/bin SLURM_JOB_ID=77 SLURM_RESTART_COUNT=9 A=1',
    'return 0',
  );
  expect(trial).toMatchObject(WORKED);
  expect(await output('trapped')).toContain('user-trap');
});

test('redirected output and background children do no harm', async () => {
  const trial = await launch(
    'redirected',
    `exec > ${join(stack.directory, 'elsewhere.log')} 2>&1`,
    'echo moved',
    'sleep 1 &',
  );
  expect(trial).toMatchObject(WORKED);
  expect(await readFile(join(stack.directory, 'elsewhere.log'), 'utf8')).toContain('moved');
});

test('what it exports and the prefix of the step reach the trainer', async () => {
  const trial = await launch('prefixed', 'export TEST_LOSS=0.25', 'TEMPORAL_SWEEP_STEP_PREFIX=(env TEST_FACTOR=3)');
  expect(trial).toMatchObject({ ...WORKED, objective: 0.75 });
});

test('a launch.sh that is not there is told before anything is submitted; none of these left a job', async () => {
  const file = await writeSweep(stack, 'launchless', { temporal: { launch: 'absent.sh' } });
  await startSweep(stack, 'launchless', file);
  await expect(trialsOf(stack, 'launchless')).rejects.toMatchObject({
    cause: { type: 'InvalidSweep', message: expect.stringContaining('absent.sh does not exist') },
  });
  expect(await liveJobs(stack)).toEqual([]);
});
