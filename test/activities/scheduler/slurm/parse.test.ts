import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScontrolJob, parseSqueue } from '../../../../activities/scheduler/slurm/parse.ts';
import { isRevokedLaunch } from '../../../../activities/scheduler/states.ts';

const recorded = (name: string): string => readFileSync(new URL(`recorded/${name}`, import.meta.url), 'utf8');
const LONG =
  'a-very-long-sweep-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-for-ever-and-ever/123456.12@0123456789ab';

describe('what squeue 22.05 prints', () => {
  const jobs = new Map(parseSqueue(recorded('squeue.txt')).map((job) => [job.jobId, job]));

  it('is read whole: one job per line', () => {
    expect(jobs.size).toBe(14);
  });
  it('keeps long names, names outside ASCII and names with the separator', () => {
    expect(jobs.get('15')!.name).toBe(LONG);
    expect(jobs.get('16')!.name).toBe('größe|x, y JobState=FAILED');
  });
  it('tells times in seconds, and exit codes', () => {
    const common = { restartCount: 0, node: 'n3', name: 'failed', startTime: 1795510401, endTime: 1795510402 };
    expect(jobs.get('20')).toEqual({
      jobId: '20',
      state: 'FAILED',
      exitCode: '85:0',
      reason: 'NonZeroExitCode',
      ...common,
    });
    expect(jobs.get('22')).toMatchObject({ state: 'CANCELLED', exitCode: '0:15', reason: 'None' });
  });
  it('shows a requeued job with its count and its begin time', () => {
    expect(jobs.get('21')).toMatchObject({
      state: 'PENDING',
      restartCount: 1,
      reason: 'BeginTime',
      startTime: 1795510525,
      endTime: null,
      node: null,
    });
  });
  it('reads arrays, held jobs and unknown times', () => {
    expect(jobs.get('17')).toMatchObject({ state: 'PENDING', reason: 'JobArrayTaskLimit', startTime: null });
    expect(jobs.get('18')).toMatchObject({ state: 'PENDING', reason: 'JobHeldUser' });
    expect(jobs.get('25')).toMatchObject({ state: 'RUNNING', name: 'lr', node: 'n2' });
  });
  it('leaves out what is no job', () => {
    expect(parseSqueue('')).toEqual([]);
    expect(parseSqueue('slurm_load_jobs: warning|x\n7|RUNNING|0|1|')).toEqual([]);
  });
});

describe('what scontrol show job prints', () => {
  const show = (jobId: string) => parseScontrolJob(recorded('scontrol.txt'), jobId);

  it('agrees with squeue', () => {
    for (const job of parseSqueue(recorded('squeue.txt'))) {
      const shown = show(job.jobId);
      if (shown === null) continue;
      const { jobId, name, state, reason, restartCount, node, startTime, exitCode } = shown;
      expect({ jobId, name, state, reason, restartCount, node, startTime, exitCode }).toEqual({
        ...{ jobId: job.jobId, name: job.name, state: job.state, reason: job.reason, restartCount: job.restartCount },
        ...{ node: job.node, startTime: job.startTime, exitCode: job.exitCode },
      });
    }
  });
  it('finds one task of an array, and nothing for an unknown id', () => {
    expect(show('26')).toMatchObject({ jobId: '26', state: 'RUNNING', node: 'n2' });
    expect(show('2')).toBeNull();
  });
  it('keeps a reason of several words, and the first word of a state', () => {
    const line =
      'JobId=3 JobName=x UserId=u(1) GroupId=u(1) JobState=CANCELLED+ Reason=(launch failed requeued held) Dependency=(null) Restarts=2';
    expect(parseScontrolJob(line, '3')).toMatchObject({
      state: 'CANCELLED',
      reason: 'launch failed requeued held',
      restartCount: 2,
    });
  });
  it('recognises a launch that slurmd refused', () => {
    const line = (end: number) =>
      `JobId=3 JobName=x UserId=u(1) GroupId=u(1) JobState=FAILED Reason=NonZeroExitCode Dependency=(null) Restarts=1 ExitCode=1:0 StartTime=5 EndTime=${end}`;
    expect(isRevokedLaunch(parseScontrolJob(line(5), '3')!)).toBe(true);
    expect(isRevokedLaunch(parseScontrolJob(line(6), '3')!)).toBe(false);
  });
});
