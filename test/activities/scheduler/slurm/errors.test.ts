import { describe, expect, it } from 'vitest';
import { readChange, readSubmit } from '../../../../activities/scheduler/slurm/errors.ts';

const failed = (message: string, code: number | null = 1) => ({ code, stdout: '', message });

describe('sbatch’s answer', () => {
  it.each([
    ['12\n', '12'],
    ['12;cluster\n', '12'],
  ])('%j names the job', (stdout, jobId) => {
    expect(readSubmit({ code: 0, stdout, message: '' })).toEqual({ kind: 'submitted', jobId });
  });

  it.each([
    'sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition name specified',
    'sbatch: error: Batch job submission failed: Requested node configuration is not available',
    'sbatch: error: Invalid --time specification',
    "sbatch: unrecognized option '--foo=1'",
    "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    "sbatch: error: QOSMaxWallDurationPerJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    "sbatch: error: AssocMaxCpuPerJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    'sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified',
  ])('%s is a rejection', (message) => {
    const result = readSubmit(failed(message));
    expect(result.kind).toBe('rejected');
    expect('message' in result && result.message).not.toMatch(/^sbatch: error/);
  });

  it.each([
    'sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)',
    'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation',
    'sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received',
  ])('%s leaves everything open', (message) => {
    expect(readSubmit(failed(message)).kind).toBe('unknown');
  });

  // helm PR #1602, canu #461, webknossos #537: a full queue is no fault of the job.
  const policy =
    "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";
  it.each<[string, number | null]>([
    [`sbatch: error: QOSMaxSubmitJobPerUserLimit\n${policy}`, 1],
    [`sbatch: error: QOSMaxSubmitJobPerAccountLimit\n${policy}`, 1],
    [`sbatch: error: QOSGrpSubmitJobsLimit\n${policy}`, 1],
    [`sbatch: error: AssocMaxSubmitJobLimit\n${policy}`, 1],
    [`sbatch: error: AssocGrpSubmitJobsLimit\n${policy}`, 1],
    ['sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying', null],
    [
      'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\nsbatch: error: Batch job submission failed: Resource temporarily unavailable',
      1,
    ],
    ['sbatch: error: Slurm job queue full, sleeping and retrying', null],
  ])('%s is a limit that passes', (message, code) => {
    expect(readSubmit(failed(message, code))).toMatchObject({
      kind: 'limited',
      message: expect.not.stringMatching(/^sbatch: /),
    });
  });

  it('leaves everything open without an exit code or a job id', () => {
    expect(readSubmit(failed('sbatch did not answer in time.', null)).kind).toBe('unknown');
    expect(readSubmit({ code: 0, stdout: 'hello', message: '' }).kind).toBe('unknown');
  });

  it('without sbatch there is nothing to wait for', () => {
    expect(readSubmit(failed('sbatch was not found on PATH: …', null)).kind).toBe('rejected');
  });
});

describe('the answer to a change', () => {
  it.each([
    'Job is pending execution for job 4',
    'Invalid job id specified for job 999',
    'Requested operation is presently disabled for job 4',
    'Access/permission denied for job 4',
  ])('%s is a refusal', (message) => {
    expect(readChange(failed(message))).toEqual({ kind: 'refused', message });
  });
  // What scontrol says when nobody listens at the controller's port.
  it('an unexpected message leaves everything open', () => {
    expect(readChange(failed('Unexpected message received for job 1')).kind).toBe('unknown');
  });
});
