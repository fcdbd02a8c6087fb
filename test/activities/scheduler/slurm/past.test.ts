import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCommands } from '../../../../activities/scheduler/slurm/commands.ts';
import { createPast } from '../../../../activities/scheduler/slurm/past.ts';
import type { Past } from '../../../../activities/scheduler/slurm/past.ts';

const DISABLED = 'Slurm accounting storage is disabled';
const DOWN = 'sacct: error: Problem talking to the database: Connection refused';

describe('a job that has left squeue', () => {
  let directory: string;
  let now: number;
  let jobs: Past;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'past-'));
    now = 0;
    const { run } = createCommands({ environment: { PATH: `${directory}:/usr/bin:/bin` } });
    jobs = createPast(run, '1000', () => now);
    await command('scontrol', 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1');
    await command('sacct', `cat '${directory}/records'`);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function command(name: string, script: string): Promise<void> {
    await writeFile(join(directory, name), `#!/bin/bash\necho "${name} $*" >> '${directory}/calls'\n${script}\n`);
    await chmod(join(directory, name), 0o700);
  }
  const fails = (name: string, words: string) => command(name, `echo '${words}' >&2; exit 1`);
  const record = (line: string) => appendFile(join(directory, 'records'), `${line}\n`);
  const calls = async () => (await readFile(join(directory, 'calls'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  const past = async (...jobIds: string[]) => {
    const told = await jobs.past(jobIds);
    if (told.kind === 'unknown') throw new Error(told.message);
    return Object.fromEntries([...told.value].map(([jobId, job]) => [jobId, job?.state ?? null]));
  };

  it('P10: is asked for with all others in one sacct, incarnations told apart', async () => {
    await record('7|REQUEUED|5|6|9|0:0|n1|None|lr/1.1@0');
    await record('7|CANCELLED by 1001|10|11|12|0:15|n1|BeginTime|lr/1.1@0');
    await record('8|TIMEOUT|5|6|60|0:0|n1|None|lr/2.1@0');
    expect(await past('7', '8', '9')).toEqual({ 7: 'CANCELLED', 8: 'TIMEOUT', 9: null });
    expect(await jobs.show('7')).toMatchObject({ value: { restartCount: 1, cancelledBy: '1001' } });
    expect((await calls())[0]).toMatch(
      /^sacct --allocations --duplicates --noheader --parsable2 --user=1000 --format=\S+ --jobs=7,8,9$/,
    );
    expect(await calls()).toHaveLength(3);
  });

  it('P7: is told with who cancelled it while slurmctld still knows it, where accounting can tell', async () => {
    await command('scontrol', 'echo "JobId=7 JobName=x UserId=u(1) GroupId=u(1) JobState=CANCELLED Restarts=2"');
    await record('7|CANCELLED by 1001|10|11|12|0:15|n1|BeginTime|x');
    expect(await jobs.show('7')).toMatchObject({ value: { state: 'CANCELLED', restartCount: 2, cancelledBy: '1001' } });
    await fails('sacct', DOWN);
    expect(await jobs.show('7')).toMatchObject({ value: { state: 'CANCELLED', cancelledBy: null } });
  });

  it('P9: has no end as long as accounting thinks it lives', async () => {
    await record('7|RUNNING|5|6|Unknown|0:0|n1|None|lr/1.1@0');
    await record('8|FAILED|5|6|7|1:0|n1|None|lr/2.1@0');
    await record('8|PENDING|8|Unknown|Unknown|0:0|None assigned|None|lr/2.1@0');
    expect(await past('7', '8')).toEqual({ 7: null, 8: null });
  });

  it('P10: is shown by scontrol where there is no accounting, ten per round, and sacct rests for an hour', async () => {
    await fails('sacct', DISABLED);
    const many = Array.from({ length: 12 }, (_, index) => String(index + 1));
    expect(Object.keys(await past(...many))).toHaveLength(10);
    expect((await calls()).filter((call) => call.startsWith('scontrol'))).toHaveLength(10);
    now += 3_599_999;
    await past('1');
    expect((await calls()).filter((call) => call.startsWith('sacct'))).toHaveLength(1);
    now += 1;
    await past('1');
    expect((await calls()).filter((call) => call.startsWith('sacct'))).toHaveLength(2);
  });

  it('P9: is unknown while an accounting that has answered before does not', async () => {
    await record('7|COMPLETED|5|6|9|0:0|n1|None|lr/1.1@0');
    expect(await past('7')).toEqual({ 7: 'COMPLETED' });
    await fails('sacct', DOWN);
    expect(await jobs.past(['7'])).toMatchObject({ kind: 'unknown', message: expect.stringContaining('database') });
    expect(await jobs.show('7')).toMatchObject({ kind: 'unknown' });
  });

  it('is not waited for in an accounting that never answered from here', async () => {
    await fails('sacct', DOWN);
    expect(await jobs.show('7')).toEqual({ kind: 'answer', value: null });
    expect(await past('7')).toEqual({ 7: null });
  });

  it('is read from slurmctld first, and left open while that does not answer', async () => {
    await command('scontrol', 'echo "JobId=7 JobName=x UserId=u(1) GroupId=u(1) JobState=COMPLETING Restarts=2"');
    expect(await jobs.show('7')).toMatchObject({ value: { state: 'COMPLETING', restartCount: 2 } });
    await fails('scontrol', 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)');
    expect(await jobs.show('7')).toMatchObject({ kind: 'unknown' });
    expect((await calls()).filter((call) => call.startsWith('sacct'))).toEqual([]);
    await fails('sacct', DISABLED);
    expect(await past('7', '8'), 'not asked for').toEqual({});
  });
});
