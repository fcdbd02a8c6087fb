import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDisabled, isSettled, parseSacct } from '../../../../activities/scheduler/slurm/accounting.ts';

const recorded = readFileSync(new URL('recorded/sacct.txt', import.meta.url), 'utf8');

describe('what sacct 22.05 prints', () => {
  const jobs = new Map(parseSacct(recorded).map((job) => [job.jobId, job]));

  it('is one job per id: the newest incarnation, with the number of those before as its restart count', () => {
    expect(jobs.size).toBe(14);
    expect(jobs.get('17')).toMatchObject({ state: 'FAILED', restartCount: 1, exitCode: '85:0', node: 'n2' });
    expect(jobs.get('17')).toMatchObject({ startTime: 1795534759, endTime: 1795534759 });
    expect(jobs.get('13')).toMatchObject({ state: 'COMPLETED', restartCount: 0, cancelledBy: null });
  });
  it('P7: tells who cancelled', () => {
    expect(jobs.get('16')).toMatchObject({
      state: 'CANCELLED',
      cancelledBy: '1000',
      reason: 'JobHeldUser',
      node: null,
    });
    expect(jobs.get('15')).toMatchObject({ state: 'CANCELLED', cancelledBy: '0', restartCount: 1 });
  });
  it('P7: gives no reason for an end, since its Reason is the one of the wait before', () => {
    expect(jobs.get('17')!.reason).toBe('None');
  });
  it('P9: a job on its way back is not settled, whatever the record before says', () => {
    const victim = jobs.get('27')!;
    expect(victim).toMatchObject({ state: 'PENDING', restartCount: 1 });
    expect(isSettled(victim)).toBe(false);
    expect(isSettled(jobs.get('25')!)).toBe(true);
  });
  it('keeps names of several lines, arrays and heterogeneous parts apart', () => {
    expect(jobs.get('21')!.name).toBe('a\nb');
    expect(jobs.get('20')).toMatchObject({ name: 'arr', startTime: null });
    expect(jobs.get('19')!.name).toBe('het3');
  });
  it('reads a record in whatever order the incarnations come', () => {
    const lines = recorded.split(/\n(?=\d+\|)/).filter((line) => line.startsWith('15|'));
    expect(parseSacct(lines.toReversed().join('\n'))).toEqual(parseSacct(lines.join('\n')));
  });
  it('leaves out steps', () => {
    expect(parseSacct('15.batch|CANCELLED|5|6|7|0:15|n2||batch\n')).toEqual([]);
  });
  it('never throws, and never makes up a job', () => {
    const piece = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('|', '\n', '7', 'FAILED', '7|FAILED|5|'));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        for (const job of parseSacct(pieces.join(''))) expect(job.jobId).toMatch(/^\d+$/);
      }),
    );
  });
});

it.each(['Slurm accounting storage is disabled', 'sacct was not found on PATH: …'])(
  '%s: there is no accounting',
  (text) => {
    expect(isDisabled(text)).toBe(true);
  },
);
it('a database that does not answer is there all the same', () => {
  expect(isDisabled('sacct: error: Problem talking to the database: Connection refused')).toBe(false);
});
