import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJobEnd } from '../../../../activities/scheduler/slurm/job-end.ts';

describe('the end of a running job', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'job-end-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** A controller that knows job 7, in its first restart. */
  async function controller(state = 'RUNNING', end = '1795509345'): Promise<void> {
    const record = `JobId=7 JobName=x UserId=a(1) GroupId=a(1) JobState=${state} Reason=None Dependency=(null) Restarts=1 EndTime=${end}`;
    await writeFile(
      join(directory, 'scontrol'),
      `#!/bin/bash\necho "$SLURM_TIME_FORMAT $*" >> ${directory}/calls\necho '${record}'\n`,
    );
    await chmod(join(directory, 'scontrol'), 0o700);
  }
  const end = (restartCount = 1) =>
    readJobEnd({ PATH: `${directory}:/usr/bin:/bin`, SLURM_JOB_ID: '7' }, '7', restartCount);

  it('is asked for once, in seconds since the epoch (P10)', async () => {
    await controller();
    expect(await end()).toBe(1_795_509_345_000);
    expect(await readFile(join(directory, 'calls'), 'utf8')).toBe('%s show job --oneliner 7\n');
  });

  it('is unknown without a limit, for another incarnation, after the job, and without scontrol', async () => {
    expect(await end()).toBeNull();
    await controller('RUNNING', 'Unknown');
    expect(await end()).toBeNull();
    await controller('COMPLETING');
    expect(await end()).toBeNull();
    await controller();
    expect(await end(0)).toBeNull();
  });
});
