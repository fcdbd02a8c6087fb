/** What a user can get wrong in a sweep, and what is said about it. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureOf, fixture } from './support/ends.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { startSweep, writeSweep } from './support/sweep.ts';

let stack: TestStack;
beforeAll(async () => void (stack = await startTestStack({ scheduler: 'slurm' })));
afterAll(() => stack.stop());

/** Starts what `temporal-sweep start` would refuse to start. */
async function startRaw(id: string, input: unknown): Promise<void> {
  await stack.client.workflow.start('sweep', { taskQueue: 'sweeps', workflowId: id, args: [input] });
}

async function startText(id: string, text: string): Promise<string> {
  const file = join(stack.directory, `${id}.yaml`);
  await writeFile(file, text, { mode: 0o600 });
  await startSweep(stack, id, file);
  return file;
}

test('a missing sweep.yaml is refused by the command before anything starts', async () => {
  const result = await stack.cli('start', 'no/such/sweep.yaml', '--id', 'never');
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr).toMatch(/^temporal-sweep: no file \/.*no\/such\/sweep\.yaml$/);
  await expect(stack.client.workflow.getHandle('never').describe()).rejects.toThrow();
});

test('a missing sweep.yaml fails the workflow with the path and the rule for relative ones', async () => {
  await startRaw('missing', 'no/such/sweep.yaml');
  const { type, message } = await failureOf(stack, 'missing');
  expect(type).toBe('InvalidSweep');
  expect(message).toMatch(/\/no\/such\/sweep\.yaml: does not exist\. Relative paths are relative to the directory/);
});

test('invalid YAML is told with file, line and column', async () => {
  const file = await startText('torn', 'method: random\nparameters: {lr: [1, 2\n');
  const { type, message } = await failureOf(stack, 'torn');
  expect(type).toBe('InvalidSweep');
  expect(message).toContain(file);
  expect(message).toMatch(/:[23]:\d+.* is not valid YAML/);
});

test('an unknown distribution is told with its place and the known ones', async () => {
  const file = await writeSweep(stack, 'cauchy', {
    program: fixture('speaker.mjs'),
    keys: { parameters: { lr: { distribution: 'cauchy', min: 0, max: 1 } } },
  });
  await startSweep(stack, 'cauchy', file);
  const { type, message } = await failureOf(stack, 'cauchy');
  expect(type).toBe('InvalidSweep');
  expect(message).toContain('parameters.lr.distribution');
  expect(message).toContain('cauchy');
  expect(message).toContain('log_uniform_values');
});

test('all problems of a sweep.yaml come at once', async () => {
  await startText(
    'many',
    'method: guess\nprogram: absent.ts\nparameters: {lr: {min: 2, max: 1}}\ntemporal: {patience: 1}\n',
  );
  const { message } = await failureOf(stack, 'many');
  expect(message.split('\n').length).toBeGreaterThanOrEqual(4);
  for (const word of ['guess', 'absent.ts', 'lr', 'patience']) expect(message).toContain(word);
});

test('a program that does not exist is told with the path that was looked for', async () => {
  const file = await writeSweep(stack, 'programless', { program: 'absent.ts' });
  await startSweep(stack, 'programless', file);
  const { type, message } = await failureOf(stack, 'programless');
  expect(type).toBe('InvalidSweep');
  expect(message).toContain(`${join(stack.directory, 'absent.ts')} does not exist`);
});

test('an inline sweep may not bring commands (P14), and the sentence says what to do instead', async () => {
  await startRaw('inline', { program: 'train.ts', method: 'random', parameters: { lr: { value: 1 } } });
  const { type, message } = await failureOf(stack, 'inline');
  expect(type).toBe('InvalidSweep');
  expect(message).toContain('program: may not stand in an inline sweep');
  expect(message).toContain('--allow-inline');
});

test('an input that is no sweep at all is told so', async () => {
  await startRaw('number', 7);
  const { type, message } = await failureOf(stack, 'number');
  expect(type).toBe('InvalidSweep');
  expect(message).toContain('a sweep is started with the path of a sweep.yaml');
});

test('a sweep.yaml that others may write is refused with the command that mends it', async () => {
  const file = await writeSweep(stack, 'open', { program: fixture('speaker.mjs') });
  await chmod(file, 0o666);
  await startSweep(stack, 'open', file);
  const { message } = await failureOf(stack, 'open');
  expect(message).toContain(`chmod go-w ${file}`);
});

test('a workflow id that cannot name a directory is refused before anything is written', async () => {
  const file = await writeSweep(stack, 'escape', { program: fixture('speaker.mjs') });
  await startRaw('../escape', file);
  const { type, message } = await failureOf(stack, '../escape');
  expect(type).toBe('DirectoryUnusable');
  expect(message).toContain('"../escape" cannot name a directory');
});
