import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJobEnd } from '../../../workers/agent/job-end.ts';
import { deadlineOf, listen, type Notices } from '../../../workers/agent/notice.ts';
import type { Notice } from '../../../trainer/notice.ts';

describe('the deadline of a time limit', () => {
  it('is the end of the job where SLURM can mean that end, however early it signals', () => {
    const now = 1_000_000;
    expect(deadlineOf(now + 45_000, 45, now)).toBe(now + 45_000);
    expect(deadlineOf(now + 105_000, 45, now)).toBe(now + 105_000);
  });

  it('is not known where the end is far, or not known: somebody else has sent the signal', () => {
    expect(deadlineOf(600_000, 60, 0)).toBeNull();
    expect(deadlineOf(null, 60, 0)).toBeNull();
  });
});

describe('notices', () => {
  let directory: string;
  let notices: Notices | null = null;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'notice-'));
  });
  afterEach(() => {
    notices?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('a preemption is still heard after a time limit that leaves time; nothing after a preemption', async () => {
    const end = Date.now() + 50_000;
    const file = join(directory, 'notice');
    notices = listen(file, 60, () => end);
    const heard: Notice[] = [];
    notices.subscribe((notice) => heard.push(notice));
    writeFileSync(file, '');
    await vi.waitFor(() => expect(heard).toEqual([{ cause: 'limit', deadline: end }]));
    process.emit('SIGTERM');
    process.emit('SIGUSR1');
    expect(heard.slice(1)).toEqual([{ cause: 'preemption', deadline: null }]);
    expect(notices.current()).toEqual({ cause: 'preemption', deadline: null });
  });
});

describe('the end of the job', () => {
  const allocation = { submission: 1, jobId: '7', restartCount: 0 };

  it('is that of the variable, and then nobody is asked', async () => {
    const end = createJobEnd({ SLURM_JOB_END_TIME: '1795509345', PATH: '/nowhere' }, allocation);
    await end.ask();
    expect(end.current()).toBe(1_795_509_345_000);
  });

  it('stays unknown where SLURM cannot be asked', async () => {
    const end = createJobEnd({ PATH: '/nowhere' }, allocation);
    await end.ask();
    expect(end.current()).toBeNull();
  });
});
