/** TensorBoard reads our event files: after a run that was interrupted twice, every epoch once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeMetrics } from '../../trainer/codec.ts';
import type { Row } from '../../trainer/protocol.ts';
import { FIXTURE } from '../trainer/support/fake-agent.ts';
import { hasPython, python } from './support/python.ts';

type Events = [step: number, value: number, wallTime: number][];
type Curves = { runs: Record<'train' | 'validation', Record<string, Events>>; hyperparameters: unknown };

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'interop-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Trains three epochs of six batches; struck when it holds at a step. */
async function run(strike?: { at: string; by: NodeJS.Signals }): Promise<number | NodeJS.Signals | null> {
  const holdFile = join(directory, `hold-${strike?.at}`);
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', FIXTURE, `--directory=${join(directory, 'run')}`],
    {
      env: { ...process.env, TEST_HOLD_FILE: holdFile, ...(strike === undefined ? {} : { TEST_HOLD: strike.at }) },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (strike === undefined || !output.includes('held') || existsSync(holdFile)) return;
    child.kill(strike.by);
    writeFileSync(holdFile, '');
  });
  return new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
}

const read = async (): Promise<Curves> =>
  (await python('read_events.py', join(directory, 'run/tensorboard'))) as Curves;

const withoutTimes = (events: Events | undefined): number[][] => (events ?? []).map(([step, value]) => [step, value]);

describe.runIf(hasPython)('TensorBoard', () => {
  it('reads the right tags, steps and values of a run that was interrupted twice', async () => {
    expect(await run({ at: '9', by: 'SIGTERM' })).toBe(85);
    const live = await read();
    expect(live.runs.train['epoch/loss']!.map(([step]) => step)).toEqual([6]);
    expect(await run({ at: '16', by: 'SIGKILL' })).toBe('SIGKILL');
    expect(await run()).toBe(0);

    const rows = readFileSync(join(directory, 'run/metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    expect(rows.map(({ step }) => step)).toEqual([6, 12, 18]);
    const { runs, hyperparameters } = await read();
    const column = (name: string): number[][] =>
      rows.map(({ step, metrics }) => [step, Math.fround(decodeMetrics(metrics)[name]!)]);
    expect(Object.keys(runs.train)).toEqual(['epoch/loss', 'epoch/accuracy', 'epoch/noise', 'epoch/learning_rate']);
    expect(Object.keys(runs.validation)).toEqual(['epoch/loss', 'epoch/accuracy', 'epoch/noise']);
    for (const name of ['loss', 'accuracy', 'noise']) {
      expect(withoutTimes(runs.train[`epoch/${name}`])).toEqual(column(name));
      expect(withoutTimes(runs.validation[`epoch/${name}`])).toEqual(column(`val_${name}`));
    }
    expect(withoutTimes(runs.train['epoch/learning_rate'])).toEqual(column('lr'));
    expect(hyperparameters).toEqual({ optimizer: 'sgd', epochs: 3, dropout: 0.25, extras: false });
    // What was there before the kill is left as it was, its time too.
    expect(runs.train['epoch/loss']![0]).toEqual(live.runs.train['epoch/loss']![0]);
  });
});
