/** The script by itself: no agent, no files unless asked. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FIXTURE } from './support/fake-agent.ts';

// Processes are started, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'alone-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Where the same trial ran without an interruption. */
const straight = (): string => join(directory, 'straight');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param strike sent when the script holds at the step */
function run(args: string[], { at, strike }: { at?: number; strike?: NodeJS.Signals } = {}): Promise<Ended> {
  const holdFile = join(directory, `hold-${args.join()}-${at}`.replaceAll('/', '_'));
  const env = { ...process.env, TEST_HOLD_FILE: holdFile, ...(at === undefined ? {} : { TEST_HOLD: String(at) }) };
  const child = spawn(process.execPath, ['--import', 'tsx', FIXTURE, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (strike === undefined || !stdout.includes('held') || existsSync(holdFile)) return;
    child.kill(strike);
    writeFileSync(holdFile, '');
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

describe('a script by itself', () => {
  it('trains, prints a line per epoch, writes nothing', async () => {
    const before = readdirSync(directory);
    const { code, stdout } = await run(['--epochs=2', '--optimizer', 'adam']);
    expect(code).toBe(0);
    expect(stdout.match(/^epoch \d\/2 {2}loss .*accuracy .*val_loss .*lr .* s$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^optimizer="adam" epochs=2 dropout=0\.25 extras=false$/m);
    expect(readdirSync(directory).filter((name) => !name.startsWith('hold') && !before.includes(name))).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGUSR1'] as const)(
    '%s: leaves with 85, and the same command goes on exactly',
    async (signal) => {
      const cut = join(directory, `cut-${signal}`);
      const first = await run([`--directory=${cut}`, '--epochs=2'], { at: 9, strike: signal });
      expect(first.code).toBe(85);
      expect(first.stdout).toMatch(/interrupted \(\w+\) after step 9: the same command goes on from there/);
      const second = await run([`--directory=${cut}`, '--epochs=2']);
      expect(second).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('resumed after step 9: epoch 2, batch 3') as string,
      });
      if (!existsSync(straight())) await run([`--directory=${straight()}`, '--epochs=2']);
      const rows = readFileSync(join(cut, 'metrics.jsonl'), 'utf8');
      expect(rows.trimEnd().split('\n')).toHaveLength(2);
      expect(rows).toBe(readFileSync(join(straight(), 'metrics.jsonl'), 'utf8'));
    },
  );

  it('wrong arguments: exit 2 and what is allowed, before anything is loaded', async () => {
    const { code, stderr, stdout } = await run(['--lr=1']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^there is no argument --lr\nallowed are:\n {2}--optimizer=STRING {2}\(default "sgd"\)/);
    expect(await run(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--directory=DIR') as string,
    });
  });

  it('other hyperparameters in the same directory are refused, and nothing is lost', async () => {
    const same = `--directory=${join(directory, 'same')}`;
    await run([same, '--epochs=1']);
    const { code, stderr } = await run([same, '--epochs=1', '--dropout=0.5']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/UnusableCheckpoint: .*"dropout":0\.25.*"dropout":0\.5.*use another directory/);
    expect((await run([same, '--epochs=1'])).code).toBe(0);
  });
});
