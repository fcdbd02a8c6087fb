/** Real child processes: what they say and how they end. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { FromTrainer } from '../../../trainer/protocol.ts';
import { startTrainer } from '../../../workers/agent/trainer-process.ts';

const node = (code: string): string[] => [
  process.execPath,
  '--input-type=module',
  '-e',
  `import { Socket } from 'node:net';\n${code}`,
];
const open = `const channel = new Socket({ fd: Number(process.env.TEMPORAL_SWEEP_FD) });
const send = (message) => channel.write(JSON.stringify(message) + '\\n');`;
const outcome = `{ type: 'outcome', outcome: { status: 'completed', step: 1, epoch: 1, metrics: {} } }`;

test('what was said before anybody listened is heard, then the outcome', async () => {
  const trainer = startTrainer(
    node(
      `${open} send({ type: 'warning', message: 'one' }); channel.once('data', () => { send(${outcome}); channel.end(); });`,
    ),
    '.',
    process.env,
  );
  await delay(300);
  const heard: FromTrainer[] = [];
  trainer.subscribe((message) => heard.push(message));
  trainer.send({ type: 'notice', cause: 'limit', deadline: null });
  expect(await trainer.end).toMatchObject({ kind: 'outcome', outcome: { status: 'completed' } });
  expect(heard).toEqual([{ type: 'warning', message: 'one' }]);
});

test('an exit without an outcome is told with its code', async () => {
  expect(await startTrainer(node('process.exit(0)'), '.', process.env).end).toEqual({
    kind: 'died',
    code: 0,
    signal: null,
    spoke: false,
  });
});

test('output on stdout is harmless, a line on the descriptor that is not the protocol ends it', async () => {
  const end = await startTrainer(
    node(`${open} console.log('fine'); channel.write('not the protocol\\n'); setInterval(() => {}, 1000);`),
    '.',
    process.env,
  ).end;
  expect(end).toEqual({ kind: 'garbage', message: 'not the protocol' });
});

test('a program that is not there', async () => {
  expect(await startTrainer(['/no/such/program'], '.', process.env).end).toMatchObject({
    kind: 'missing',
    message: expect.stringContaining('/no/such/program'),
  });
});

test('a trainer that tells its outcome and lingers is ended, with all that it started', async () => {
  const code = `import { spawn } from 'node:child_process'; ${open}
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    send({ type: 'warning', message: String(child.pid) }); send(${outcome}); setInterval(() => {}, 1000);`;
  const trainer = startTrainer(node(code), '.', process.env);
  let child = 0;
  trainer.subscribe((message) => message.type === 'warning' && (child = Number(message.message)));
  expect(await trainer.end).toMatchObject({ kind: 'outcome' });
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('a message to a trainer that is gone is no error', async () => {
  const trainer = startTrainer(node('process.exit(3)'), '.', process.env);
  await trainer.end;
  trainer.send({ type: 'notice', cause: 'limit', deadline: null });
  await trainer.kill();
  expect(await trainer.end).toMatchObject({ code: 3 });
});

/** A dead process whose parent has not looked yet still has an entry. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
