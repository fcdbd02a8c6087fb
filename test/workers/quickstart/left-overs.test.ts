import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job, Scheduler } from '../../../activities/scheduler/port.ts';
import { cancelJobs, isOurs, own, takeOver } from '../../../workers/quickstart/left-overs.ts';
import { identify } from '../../../workers/stack/process-table.ts';

describe('a directory', () => {
  let directory: string;
  let other: ChildProcess;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'temporal-sweep-quickstart-'));
    other = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(other, 'spawn');
  });
  afterEach(() => {
    other.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });
  const file = () => join(directory, 'quickstart.json');

  it('on which a quickstart runs is refused, naming it', async () => {
    writeFileSync(file(), JSON.stringify({ quickstart: identify(other.pid!), server: null }));
    await expect(takeOver(directory)).rejects.toThrow(`process ${other.pid}`);
  });
  it('of a quickstart that was killed is taken over, and its server ended', async () => {
    const gone = { pid: other.pid!, startTicks: 'of another process' };
    writeFileSync(file(), JSON.stringify({ quickstart: gone, server: identify(other.pid!) }));
    const end = once(other, 'exit');
    await takeOver(directory);
    expect((await end)[1]).toBe('SIGTERM');
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ quickstart: identify(process.pid), server: null });
  });
  it('remembers its server; a torn memory is none', async () => {
    own(directory, other.pid!);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ server: { pid: other.pid } });
    writeFileSync(file(), '{"quick');
    await expect(takeOver(directory)).resolves.toBeUndefined();
    expect(other.exitCode).toBeNull();
  });
});

describe('jobs', () => {
  it('that live and are ours are cancelled, no others', async () => {
    const job = (jobId: string, name: string, state: string): Job => ({
      ...{
        jobId,
        name,
        state,
        reason: 'None',
        restartCount: 0,
        node: null,
        exitCode: null,
        startTime: null,
        endTime: null,
      },
    });
    const jobs = [
      job('1', 'quickstart-20260101-000000/1.1@aaaaaaaaaaaa', 'RUNNING'),
      job('2', 'quickstart-urgent', 'PENDING'),
      job('3', 'quickstart-20260101-000000/2.1@aaaaaaaaaaaa', 'FAILED'),
      job('4', 'mine/1.1@aaaaaaaaaaaa', 'RUNNING'),
    ];
    const cancelled: string[] = [];
    const scheduler = {
      list: () => Promise.resolve({ kind: 'answer', value: jobs }),
      cancel: (jobId: string) => Promise.resolve(cancelled.push(jobId)),
    };
    await cancelJobs(scheduler as unknown as Scheduler, isOurs);
    expect(cancelled).toEqual(['1', '2']);
  });
});
