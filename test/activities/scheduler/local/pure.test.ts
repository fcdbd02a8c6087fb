import { describe, expect, it } from 'vitest';
import { jobEnvironment } from '../../../../activities/scheduler/local/environment.ts';
import { DEFAULTS } from '../../../../activities/scheduler/local/model.ts';
import type { LocalJob } from '../../../../activities/scheduler/local/model.ts';
import { place } from '../../../../activities/scheduler/local/placement.ts';
import { readOptions, readWishes } from '../../../../activities/scheduler/local/script-options.ts';
import { parseTimeLimit } from '../../../../activities/scheduler/local/time.ts';

describe('--time', () => {
  it.each<[string, number | null | undefined]>([
    ['4', 240],
    ['0:30', 30],
    ['00:04:00', 240],
    ['1-2', 93_600],
    ['1-2:30', 95_400],
    ['1-00:00:01', 86_401],
    ['UNLIMITED', null],
    ['0', null],
    ['soon', undefined],
    ['1:2:3:4', undefined],
  ])('%s', (text, seconds) => {
    expect(parseTimeLimit(text)).toBe(typeof seconds === 'number' ? seconds * 1_000 : seconds);
  });
});

describe('what a job asks for', () => {
  const cluster = { directory: '/', ...DEFAULTS };
  const request = { name: 'x', script: '/s', directory: '/', output: '/o', options: {}, leadSeconds: 60 };

  it('is read in all spellings', () => {
    const lines = [
      '#SBATCH --time=1 -p low',
      '#SBATCH -t2 --cpus-per-task 2 # why',
      '#SBATCH --exclusive --comment="a"',
    ];
    expect(readOptions(lines)).toEqual({
      time: '2',
      partition: 'low',
      'cpus-per-task': '2',
      exclusive: true,
      comment: 'a',
    });
  });
  it('is the script’s, unless the options say otherwise', () => {
    const script = '#!/bin/bash\n#SBATCH -p high -t 1\n#SBATCH -c 2\n';
    expect(readWishes(script, request, cluster)).toEqual({ partition: 'high', cpus: 2, limitMs: 60_000, held: false });
    expect(readWishes(script, { ...request, options: { partition: 'low' } }, cluster)).toMatchObject({
      partition: 'low',
    });
  });
  it('may be certain nodes, and whole ones', () => {
    const wishes = readWishes('#!/bin/bash\n#SBATCH -w n2,n4\n', { ...request, options: { exclusive: true } }, cluster);
    expect(wishes).toMatchObject({ nodes: ['n2', 'n4'], cpus: 2 });
    expect(readWishes('', { ...request, options: { nodelist: 'n5' } }, cluster)).toHaveProperty('refused');
  });
});

describe('placement', () => {
  const job = (jobId: string, more: Partial<LocalJob> = {}): LocalJob => ({
    ...{
      jobId,
      name: jobId,
      partition: 'low',
      cpus: 1,
      limitMs: null,
      leadMs: 0,
      directory: '/',
      output: '/',
      submitTime: 0,
    },
    ...{
      state: 'PENDING',
      reason: 'None',
      restartCount: 0,
      node: null,
      exitCode: null,
      startTime: null,
      endTime: null,
    },
    ...more,
  });
  const running = (jobId: string, node: string, more: Partial<LocalJob> = {}) =>
    job(jobId, { state: 'RUNNING', node, startTime: Number(jobId), ...more });
  const nodes = { names: ['n1', 'n2'], cpusPerNode: 2 };

  it('fills the nodes in order of submission', () => {
    const plan = place([job('10'), job('9'), job('8', { cpus: 2 }), job('11')], nodes, 0);
    expect(plan.start).toEqual([
      { jobId: '8', node: 'n1' },
      { jobId: '9', node: 'n2' },
      { jobId: '10', node: 'n2' },
    ]);
    expect(plan.reasons).toEqual(new Map([['11', 'Resources']]));
  });
  it('starts nothing before its begin time, nor what is held', () => {
    const plan = place([job('1', { startTime: 100 }), job('2', { reason: 'JobHeldUser' })], nodes, 99);
    expect(plan.start).toEqual([]);
    expect(plan.reasons.get('1')).toBe('BeginTime');
  });
  it('preempts the youngest of low, as few as needed, and only for high', () => {
    const full = [running('1', 'n1'), running('2', 'n1'), running('3', 'n2', { cpus: 2 })];
    expect(place([...full, job('9')], nodes, 0).preempt).toEqual([]);
    expect(place([...full, job('9', { partition: 'high' })], nodes, 0).preempt).toEqual(['2']);
    expect(place([...full, job('9', { partition: 'high', cpus: 2 })], nodes, 0).preempt).toEqual(['3']);
  });
  it('starts and preempts on the wanted nodes only', () => {
    const wanted = job('9', { partition: 'high', cpus: 2, nodes: ['n1'] });
    expect(place([running('1', 'n1'), wanted], nodes, 0)).toMatchObject({ start: [], preempt: ['1'] });
    expect(place([running('1', 'n2'), wanted], nodes, 0).start).toEqual([{ jobId: '9', node: 'n1' }]);
  });
  it('preempts once, and keeps the room for high', () => {
    const leaving = [running('1', 'n1'), running('2', 'n1', { reason: 'Preempted' }), running('3', 'n2', { cpus: 2 })];
    const plan = place([...leaving, job('8', { partition: 'high' }), job('9')], nodes, 0);
    expect(plan.preempt).toEqual([]);
    const left = place(
      [running('1', 'n1'), running('3', 'n2', { cpus: 2 }), job('8', { partition: 'high' }), job('7')],
      nodes,
      0,
    );
    expect(left.start).toEqual([{ jobId: '8', node: 'n1' }]);
  });
});

describe('a job’s environment', () => {
  it('takes nothing from the job that the submitter may run in', () => {
    const own = {
      jobId: '7',
      name: 'x',
      partition: 'low',
      cpus: 2,
      node: 'n1',
      directory: '/d',
      restartCount: 0,
      startTime: 1_000_500,
      limitMs: 60_000,
    } as LocalJob;
    const submitted = { PATH: '/bin', SLURM_RESTART_COUNT: '4', SLURM_JOB_ID: '1' };
    const first = jobEnvironment(own, submitted, { launcher: '/l', steps: '/s' });
    expect(first).toMatchObject({ PATH: '/bin', SLURM_JOB_ID: '7', SLURMD_NODENAME: 'n1', SLURM_CPUS_PER_TASK: '2' });
    expect(first).toMatchObject({ SLURM_JOB_END_TIME: '1060' });
    expect(jobEnvironment({ ...own, limitMs: null }, submitted, { launcher: '/l', steps: '/s' })).not.toHaveProperty(
      'SLURM_JOB_END_TIME',
    );
    expect(first).not.toHaveProperty('SLURM_RESTART_COUNT');
    expect(jobEnvironment({ ...own, restartCount: 3 }, submitted, { launcher: '/l', steps: '/s' })).toMatchObject({
      SLURM_RESTART_COUNT: '3',
    });
  });
});
