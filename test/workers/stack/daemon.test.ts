import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type StartedDaemon, allGone, endAll, startDaemon } from '../../../workers/stack/daemon.ts';
import { allPids, identify, runs, withDescendants } from '../../../workers/stack/process-table.ts';
import { waitUntilReady } from '../../../workers/stack/ready.ts';

let log: string;
beforeEach(() => {
  log = join(mkdtempSync(join(tmpdir(), 'daemon-')), 'folder', 'it.log');
});

const shell = (script: string): Promise<StartedDaemon> =>
  startDaemon({ name: 'it', file: '/bin/sh', args: ['-c', script], log, environment: { WORD: 'hello' } });

const logged = async (text: string): Promise<void> =>
  waitUntilReady({
    complaint: 'it',
    missing: `"${text}" is not in its log`,
    daemons: [],
    timeoutMs: 5_000,
    isReady: async () => readFileSync(log, 'utf8').includes(text),
  });

describe('a daemon', () => {
  test('has its environment, its log, and a process group of its own', async () => {
    const daemon = await shell('echo $WORD; ps -o pgid= -p $$; exec sleep 60');
    await logged(String(daemon.pid));
    expect(await endAll([daemon], 5_000)).toBe('terminated');
    expect(readFileSync(log, 'utf8').split(/\s+/)).toEqual(expect.arrayContaining(['hello', String(daemon.pid)]));
  });

  test('that ignores SIGTERM is killed', async () => {
    const daemon = await shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    await logged('ready');
    expect(await endAll([daemon], 100)).toBe('killed');
    expect(runs(daemon)).toBe(false);
    expect(await endAll([daemon], 100)).toBe('gone');
  });

  test('that ended tells how, with the end of its log', async () => {
    const daemon = await shell('echo the reason; exit 3');
    await allGone([daemon], 5_000);
    await expect(
      waitUntilReady({
        complaint: 'no start',
        missing: 'never',
        daemons: [daemon],
        timeoutMs: 5_000,
        isReady: async () => false,
      }),
    ).rejects.toThrow(/^no start: it ended with exit code 3\. The end of .*it\.log:\nthe reason$/);
  });

  test('whose file is missing cannot be started', async () => {
    await expect(startDaemon({ name: 'it', file: '/nowhere/it', args: [], log })).rejects.toThrow(/ENOENT/);
  });
});

test('readiness that never comes is an error with the last words of the check', async () => {
  const isReady = () => Promise.reject(new Error('connection refused'));
  await expect(
    waitUntilReady({ complaint: 'no start', missing: 'it does not serve', daemons: [], timeoutMs: 50, isReady }),
  ).rejects.toThrow('no start: it does not serve after 0.05 s (connection refused)');
});

describe.runIf(process.platform === 'linux')('the process table', () => {
  test('a process number alone is no identity', () => {
    const self = identify(process.pid);
    expect(self && runs(self)).toBe(true);
    expect(runs({ pid: process.pid, startTicks: '1' })).toBe(false);
    expect(identify(2 ** 22 + 1)).toBeNull();
  });

  test('descendants are found through all generations', async () => {
    const daemon = await shell('sh -c "sleep 61 & wait" & echo ready; wait');
    await logged('ready');
    const isSleep = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep\u000061');
    const family = () => withDescendants([daemon.pid]).filter((pid) => allPids().includes(pid));
    await waitUntilReady({
      complaint: 'it',
      missing: 'the grandchild does not run',
      daemons: [daemon],
      timeoutMs: 5_000,
      isReady: async () => family().some(isSleep),
    });
    const members = family().flatMap((pid) => identify(pid) ?? []);
    expect(members).toHaveLength(3);
    await endAll(members, 1_000);
    expect(members.some(runs)).toBe(false);
  });
});
