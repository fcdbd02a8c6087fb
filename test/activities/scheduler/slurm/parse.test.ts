import { readFileSync } from 'node:fs';
import fc from 'fast-check';
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
    const one = '7|RUNNING|0|1795509345|N/A|n1|0|None|lr/1.1@0123456789ab|';
    expect(parseSqueue(`CLUSTER: gpu\n${one}\n`), 'squeue -M').toMatchObject([
      { jobId: '7', name: 'lr/1.1@0123456789ab' },
    ]);
    expect(parseSqueue('slurm_load_jobs: warning|x\n7|RUNNING|0|1|')).toEqual([]);
  });
});

describe('a snapshot', () => {
  const line = (jobId: string, restarts: number, name: string, reason = 'None') =>
    `${jobId}|PENDING|${restarts}|1|N/A||0|${reason}|${name}|`;

  it('of a job listed twice keeps the higher restart count, else the later record', () => {
    const twice = [line('7', 1, 'new'), line('7', 0, 'old'), line('8', 0, 'first'), line('8', 0, 'second')];
    expect(parseSqueue(twice.join('\n')).map(({ jobId, name }) => `${jobId} ${name}`)).toEqual(['7 new', '8 second']);
  });
  it('keeps a name and a reason of several lines whole, and the records around them', () => {
    const text = `${line('6', 0, 'a\nb')}\n${line('7', 0, 'x', '(ReqNodeNotAvail,\nUnavailableNodes:n1)')}\n${line('8', 0, 'y')}\n`;
    expect(parseSqueue(text).map(({ name, reason }) => `${name} ${reason}`)).toEqual([
      'a\nb None',
      'x ReqNodeNotAvail, UnavailableNodes:n1',
      'y None',
    ]);
  });
  it('leaves out a torn last line', () => {
    expect(parseSqueue(`${line('6', 0, 'a')}\n${line('7', 0, 'lr/1.1@01').slice(0, -4)}`)).toHaveLength(1);
  });

  const name = fc
    .oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' }), fc.constant('lr|7|\nq,;" '))
    .filter(
      // A line that is a whole beginning of a record cannot be told from one; only its own user could write it.
      (text) => !/\n\d+\|[A-Z_]+\|\d+\|/.test(`${text}\n`) && !text.endsWith('\n'),
    );
  const reason = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('|'));

  it('never mixes columns, whatever names and reasons hold', () => {
    const job = fc.record({ id: fc.nat(), restarts: fc.nat({ max: 99 }), name, reason });
    const jobs = fc.uniqueArray(job, { selector: ({ id }) => id, maxLength: 20 });
    fc.assert(
      fc.property(jobs, (given) => {
        const text = given.map((one) => line(String(one.id), one.restarts, one.name, one.reason)).join('\n');
        const read = parseSqueue(text === '' ? '' : `${text}\n`);
        expect(read.map((one) => [one.jobId, one.restartCount, one.name, one.state])).toEqual(
          given.map((one) => [String(one.id), one.restarts, one.name, 'PENDING']),
        );
      }),
    );
  });
  it('never throws, and never makes up a job', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.constantFrom('|', '\n', '123_[4-9%2]', '7|RUNNING|0|', '123+1'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        for (const { jobId, restartCount } of parseSqueue(pieces.join(''))) {
          expect(jobId).toMatch(/^\d+$/);
          expect(restartCount).toBeGreaterThanOrEqual(0);
        }
        parseScontrolJob(pieces.join(''), '7');
      }),
    );
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
  it('reads a heterogeneous part, and a name and a reason of several lines', () => {
    const rest = 'UserId=u(1) GroupId=u(1) JobState=PENDING Reason=two\nlines Dependency=(null) Restarts=2';
    const text = `JobId=4 HetJobId=4 HetJobOffset=0 JobName=a\nb ${rest}\nJobId=5 HetJobId=4 HetJobOffset=1 JobName=c ${rest}\n`;
    expect(parseScontrolJob(text, '4')).toMatchObject({ name: 'a\nb', reason: 'two lines', restartCount: 2 });
    expect(parseScontrolJob(text, '5')).toMatchObject({ name: 'c', state: 'PENDING' });
  });
  it('recognises a launch that slurmd refused', () => {
    const line = (end: number) =>
      `JobId=3 JobName=x UserId=u(1) GroupId=u(1) JobState=FAILED Reason=NonZeroExitCode Dependency=(null) Restarts=1 ExitCode=1:0 StartTime=5 EndTime=${end}`;
    expect(isRevokedLaunch(parseScontrolJob(line(5), '3')!)).toBe(true);
    expect(isRevokedLaunch(parseScontrolJob(line(6), '3')!)).toBe(false);
  });
});
