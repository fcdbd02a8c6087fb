/** The command itself, on scripts that resume exactly and on some that do not. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasNativeBackend } from '../trainer/support/fake-agent.ts';
import { findVerified } from '../../activities/results/verified.ts';
import type { Verdict } from '../../workers/verify/verdict.ts';

// Processes are started, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const ROOT = resolve(import.meta.dirname, '../..');
const FIXTURES = relative(ROOT, resolve(import.meta.dirname, 'fixtures/verify'));
const GOOD = join(FIXTURES, 'good.ts');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'verify-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The temporary directories that it makes are made in `directory`, so that left-overs show. */
function verify(...args: string[]): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'workers/cli.ts', 'verify', `--root=${join(directory, 'sweeps')}`, ...args],
    {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => child.once('close', (code) => done({ code, stdout, stderr })));
}

describe('bad input: exit 2, one line that says what is wrong', () => {
  it.each([
    [['nowhere.ts'], /no file .*nowhere\.ts/],
    [[join(FIXTURES, '..')], /no file/],
    [['README.md'], /no script for Node/],
    [[GOOD, '--kills=0'], /--kills is a whole number from 1/],
    [[GOOD, '-o', 'xml'], /--output is text or json/],
    [[GOOD, '--', '--directory=x'], /--directory behind `--`/],
    [[GOOD, '--lr=0.1'], /verify has no option --lr/],
    [
      [join(FIXTURES, 'no-trial.mjs')],
      /ended without training: it must call defineTrial or createCheckpointer; it said:\nno trial here/,
    ],
    [[join(FIXTURES, 'no-native.mjs')], /libtensorflow is not there.*`npm run setup`/],
    [[GOOD, '--', '--nothing=1'], /refuses its arguments.*there is no argument --nothing/s],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await verify(...args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});

if (!hasNativeBackend) console.warn('NOT TESTED on libtensorflow: its addon is not built (npm test builds it)');

describe.runIf(hasNativeBackend)('verify on libtensorflow', () => {
  it('a good script: exact, exit 0, the verdict beside the directory, nothing left behind', async () => {
    const own = join(directory, 'trial');
    const { code, stdout, stderr } = await verify(GOOD, '--kills=8', '--strike-seed=3', `--directory=${own}`, '-o', 'json', '--', '--epochs', '6'); // prettier-ignore
    expect([code, stderr.includes('failed')], stderr).toEqual([0, false]);
    const verdict = JSON.parse(stdout) as Verdict;
    expect(verdict).toMatchObject({
      verdict: 'exact',
      steps: 30,
      epochs: 6,
      arguments: ['--epochs', '6'],
      strikeSeed: 3,
    });
    const places = verdict.segments.flatMap(({ strike }) => (strike === null ? [] : [strike.place]));
    expect(places.toSorted()).toEqual([
      'batch',
      'batch',
      'batch',
      'batch',
      'checkpoint',
      'checkpoint',
      'evaluation',
      'evaluation',
    ]);
    expect(verdict.segments.at(-1)!.strike).toBeNull();
    expect(readFileSync(`${own}.verify.json`, 'utf8')).toBe(stdout);
    expect(readdirSync(directory).filter((name) => !name.startsWith('tsx'))).toEqual(['sweeps', 'trial.verify.json']);
    expect(await findVerified(join(directory, 'sweeps'), verdict.environment)).toMatch(/^exact \(8 interruptions, /);
  });

  it('a clock in a file that the script imports', async () => {
    const { code, stdout } = await verify(GOOD, '--kills=3', '--', '--flaw=clock');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^NOT EXACT: two runs without any interruption differ already\n {2}first difference: row of epoch 1/,
    );
    expect(stdout).toMatch(/likely cause: The clock enters the training: Date\.now\(\) at \S*clock\.ts:1\./);
  });

  it('a counter of its own', async () => {
    const { code, stdout } = await verify(GOOD, '--kills=3', '--strike-seed=5', '--json', '--', '--flaw=counter');
    expect(code).toBe(1);
    const verdict = JSON.parse(stdout) as Extract<Verdict, { verdict: 'different' }>;
    expect(verdict).toMatchObject({ verdict: 'different', between: 'straight and interrupted' });
    expect(verdict.differences[0]).toMatchObject({
      kind: 'row',
      metric: expect.stringMatching(/^(val_)?counted$/) as string,
    });
    expect(await findVerified(join(directory, 'sweeps'), verdict.environment)).toMatch(
      /^not exact: row of epoch \d+ \(step \d+\), (val_)?counted: /,
    );
    expect(verdict.causes[0]).toMatchObject({ kind: 'own state', sentence: expect.stringMatching(/let batches at \S*good\.ts:\d/) as string }); // prettier-ignore
  });

  it('a script that fails by itself', async () => {
    const { code, stderr } = await verify(GOOD, '--', '--flaw=throw');
    expect(code).toBe(2);
    expect(stderr).toMatch(/fails by itself|does not train to its end by itself \(exit code 1\)/);
    expect(stderr).toContain('TrainerError: Error: there is no data');
  });
});
