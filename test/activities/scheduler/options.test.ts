import { describe, expect, it } from 'vitest';
import { excluding } from '../../../activities/scheduler/exclude.ts';
import { refusedOptions, sbatchArguments } from '../../../activities/scheduler/options.ts';
import { readSbatchLines } from '../../../activities/scheduler/sbatch-lines.ts';

describe('sbatch’s command line', () => {
  const request = {
    name: 'lr/3.1@0123456789ab',
    script: '/sweeps/job.sh',
    directory: '/home/user',
    output: '/sweeps/100%/output.log',
    options: { partition: 'low', exclusive: true as const, output: '/elsewhere', 'job-name': 'mine', array: '1-9' },
    leadSeconds: 90,
  };
  const args = sbatchArguments(request);

  it('puts ours behind the user’s, and the script last', () => {
    expect(args.slice(0, 2)).toEqual(['--partition=low', '--exclusive']);
    expect(args.lastIndexOf('--job-name=lr/3.1@0123456789ab')).toBeGreaterThan(args.indexOf('--job-name=mine'));
    expect(args.at(-1)).toBe('/sweeps/job.sh');
    expect(args).toContain('--signal=B:USR1@90');
    expect(args).toContain('--requeue');
    expect(args).toContain('--open-mode=append');
  });
  it('asks for expedited requeues only where they are wanted', () => {
    expect(sbatchArguments({ ...request, expedite: true })).toContain('--requeue=expedite');
  });
  it('passes on what containers and other sites need, word by word', () => {
    const options = {
      'container-image': 'docker://ghcr.io#me/train:1',
      'container-mounts': '/sweeps:/sweeps,/data:/data:ro',
    };
    const words = sbatchArguments({ ...request, options });
    expect(words.slice(0, 2)).toEqual([
      '--container-image=docker://ghcr.io#me/train:1',
      '--container-mounts=/sweeps:/sweeps,/data:/data:ro',
    ]);
  });
  it('escapes the percent sign that SLURM would replace', () => {
    expect(args.filter((word) => word.startsWith('--output=')).at(-1)).toBe('--output=/sweeps/100%%/output.log');
  });
  it('leaves out what would make it another kind of job', () => {
    expect(args.some((word) => word.startsWith('--array'))).toBe(false);
    expect(refusedOptions(request.options)).toEqual(['array']);
  });
});

describe('the #SBATCH lines of launch.sh', () => {
  it('are those before the first command', () => {
    const text = '#!/bin/bash\n#SBATCH --time=10\n\n# words\n#SBATCH -p low # why\nmodule load x\n#SBATCH --mem=1G\n';
    expect(readSbatchLines(text)).toEqual({ lines: ['#SBATCH --time=10', '#SBATCH -p low # why'], warnings: [] });
  });
  it.each(['--array=0-9', '--array 0-9%2', '-a 0-9', '-a0-9'])('lose %s, with a warning', (array) => {
    const { lines, warnings } = readSbatchLines(`#SBATCH --time=4 ${array} --mem=1G\n#SBATCH ${array}\r\n`);
    expect(lines).toEqual(['#SBATCH --time=4 --mem=1G']);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('concurrency');
  });
});

describe('nodes to keep away from', () => {
  it.each<[string, Record<string, string>, string[], string]>([
    ['stand alone', {}, [], 'n1,n2'],
    ['follow the user’s own', { exclude: 'n[7-9]' }, ['#SBATCH --exclude=n3'], 'n[7-9],n1,n2'],
    ['follow those of launch.sh', {}, ['#SBATCH -p low -x n3', '#SBATCH --exclude n4'], 'n4,n1,n2'],
  ])('%s', (_, options, lines, expected) => {
    expect(excluding(options, lines, ['n1', 'n2'])).toEqual({ ...options, exclude: expected });
  });
  it('are no option when there are none', () => {
    expect(excluding({ partition: 'low' }, ['#SBATCH -x n3'], [])).toEqual({ partition: 'low' });
  });
});
