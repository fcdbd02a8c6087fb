/** Real programs that know nothing of the protocol: what they print counts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { FromTrainer } from '../../../trainer/protocol.ts';
import { rowOf } from '../../../workers/agent/printed-rows.ts';
import { outcomeOf } from '../../../workers/agent/train.ts';
import { startTrainer } from '../../../workers/agent/trainer-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'printed-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const shell = (script: string) => startTrainer(['sh', '-c', script], directory, process.env);
const job = { metric: 'loss', command: ['sh', 'train.sh'] };
const start = { step: 0, epoch: 0, batch: 0 };

test('lines of JSON are rows, and an exit with 0 completes with the latest value of every metric', async () => {
  const trainer = shell(
    `echo loading; echo '{"loss": 0.5, "epoch": 1, "acc": 0.25}'; printf '{"loss": 0.125, "epoch": 2}'`,
  );
  const heard: FromTrainer[] = [];
  trainer.subscribe((message) => heard.push(message));
  const end = await trainer.end;
  // Granted late: what was printed before is not lost.
  trainer.send({ type: 'grant', segment: 1, directory, resume: null });
  expect(readFileSync(join(directory, 'metrics.jsonl'), 'utf8')).toBe(
    '{"step":1,"epoch":1,"metrics":{"loss":0.5,"acc":0.25}}\n{"step":2,"epoch":2,"metrics":{"loss":0.125}}\n',
  );
  expect(heard.map(({ type }) => type)).toEqual(['started', 'progress', 'progress']);
  expect(outcomeOf(end, job, null, start)).toEqual({
    ...{ status: 'completed', step: 2, epoch: 2, batch: 0, objective: 0.125, note: '' },
    metrics: { loss: 0.125, acc: 0.25 },
  });
});

test('P7: neither an exit with 0 alone nor rows alone mean success', async () => {
  const silent = await shell('echo done').end;
  expect(outcomeOf(silent, job, null, start)).toMatchObject({ status: 'failed', type: 'TrainerDied' });
  const failed = await shell(`echo '{"loss": 1}'; exit 3`).end;
  expect(outcomeOf(failed, job, null, start)).toMatchObject({
    status: 'failed',
    message: expect.stringContaining('exited with code 3') as string,
  });
});

test('P8: a notice without a deadline reaches it as SIGTERM, and whatever its exit code it was interrupted', async () => {
  const trainer = shell(`trap 'exit 0' TERM; echo '{"loss": 1}'; while :; do sleep 0.05; done`);
  const first = new Promise<void>((resolve) => trainer.subscribe(() => resolve()));
  await first;
  trainer.send({ type: 'notice', cause: 'preemption', deadline: null });
  const end = await trainer.end;
  expect(end).toMatchObject({ kind: 'printed' });
  expect(outcomeOf(end, job, 'preemption', start)).toEqual({ status: 'interrupted', cause: 'preemption', ...start });
});

test('what a program prints that speaks the protocol is only output', async () => {
  const trainer = shell(
    `echo '{"type": "ready", "protocol": 1, "environment": {}}' >&3; sleep 0.2; echo '{"loss": 1}'; exit 0`,
  );
  expect(await trainer.end).toEqual({ kind: 'died', code: 0, signal: null, spoke: true });
});

test.each([
  ['{"loss": 0.5}', { step: 5, epoch: 3, metrics: { loss: 0.5 } }],
  ['  {"loss": 0.5, "step": 100, "epoch": 7}  ', { step: 100, epoch: 7, metrics: { loss: 0.5 } }],
  ['{"loss": 0.5, "step": 4, "epoch": 2}', { step: 5, epoch: 2, metrics: { loss: 0.5 } }],
  ['{"loss": 0.5, "step": 1, "epoch": 0.5}', { step: 5, epoch: 3, metrics: { loss: 0.5 } }],
  ['{"loss": NaN, "acc": -Infinity, "name": "a"}', { step: 5, epoch: 3, metrics: { loss: 'NaN', acc: '-Infinity' } }],
  ['{"name": "a", "nested": {"loss": 1}}', null],
  ['{"epoch": 3}', null],
  ['loss 0.5', null],
  ['{loss: 0.5}', null],
  ['[1]', null],
])('the line %s', (line, expected) => {
  expect(rowOf(line, { step: 4, epoch: 2 })).toEqual(expected);
});

test('no line is too odd', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((text) => `{"a": ${text}}`),
      ),
      (line) => {
        const row = rowOf(line, null);
        expect(row === null || (row.step === 1 && Object.keys(row.metrics).length > 0) || row.step > 1).toBe(true);
      },
    ),
  );
});
