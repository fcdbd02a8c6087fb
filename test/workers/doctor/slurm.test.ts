import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Site } from '../../../activities/scheduler/slurm/site.ts';
import { parseConfig, parsePartitions } from '../../../activities/scheduler/slurm/site-parse.ts';
import { choosePreemptor } from '../../../workers/doctor/interrupt.ts';
import { judgeAssociations, judgePartitions, judgeSite } from '../../../workers/doctor/slurm.ts';

const recorded = (name: string): string =>
  readFileSync(new URL(`../../activities/scheduler/slurm/recorded/${name}`, import.meta.url), 'utf8');

const site = (config: string, partitions: string): Site => ({
  missing: [],
  config: { kind: 'answer', value: parseConfig(config) },
  partitions: { kind: 'answer', value: parsePartitions(partitions) },
  associations: { kind: 'answer', value: [] },
  controllerAhead: null,
});
const old = site(recorded('config-22.05.txt'), recorded('partitions-22.05.txt'));
const recent = site(recorded('config-25.11.txt'), recorded('partitions-25.11.txt'));
const judged = (which: Site) => new Map(judgeSite(which).map((finding) => [finding.name, finding]));
const partitionsOf = ({ partitions }: Site) => (partitions.kind === 'answer' ? partitions.value : []);
const settingsOf = ({ config }: Site) => (config.kind === 'answer' ? config.value.settings : {});

test('SLURM 22.05 as Debian has it: each setting says what it means for a sweep', () => {
  const found = judged(old);
  expect(found.get('controller')).toMatchObject({ level: 'ok', meaning: 'SLURM 22.05.8' });
  expect(found.get('JobRequeue')).toMatchObject({ level: 'ok', found: '1' });
  expect(found.get('PreemptMode')).toMatchObject({ level: 'ok', found: 'REQUEUE' });
  expect(found.get('KillWait')).toMatchObject({ level: 'warning', found: '5 sec' });
  expect(found.get('ProctrackType')).toMatchObject({ level: 'warning' });
  expect(found.get('AccountingStorageType')?.meaning).toMatch(/^no accounting/);
  expect(found.get('MaxBatchRequeue')).toMatchObject({ found: 'not set' });
  expect([...found.values()].every(({ meaning }) => meaning !== '')).toBe(true);
});

test('a site with other habits: suspended jobs, requeues of its own, limited calls, a backup controller', () => {
  const found = judged(recent);
  expect(found.get('controller')).toMatchObject({ level: 'ok', meaning: 'SLURM 25.11.4' });
  expect(found.get('JobRequeue')).toMatchObject({ level: 'warning' });
  expect(found.get('JobRequeue')?.meaning).toContain('resubmitted as new jobs');
  expect(found.get('PreemptMode')).toMatchObject({ level: 'warning', found: 'GANG,SUSPEND' });
  expect(found.get('PreemptParameters')?.meaning).toContain('also sends the signal');
  expect(found.get('PreemptExemptTime')?.meaning).toContain('01:00:00');
  expect(found.get('MinJobAge')).toMatchObject({ level: 'warning', found: '30 sec' });
  expect(found.get('RequeueExit')).toMatchObject({ level: 'warning' }); // 85 is ours
  expect(found.get('SlurmctldParameters')?.meaning).toMatch(/limited per user.*--requeue=expedite/);
  expect(found.get('SchedulerParameters')?.meaning).toContain('requeue_delay=5');
  expect(found.get('AccountingStorageType')?.meaning).toContain('who cancelled it');
});

test('other exit codes may be requeued by SLURM without harm', () => {
  const finding = judged(site('RequeueExit = 86-90,99\n', '')).get('RequeueExit');
  expect(finding).toMatchObject({ level: 'ok' });
});

test('a controller that is down is one problem, not twenty', () => {
  const findings = judgeSite({ ...old, config: { kind: 'unknown', message: 'Unable to contact slurm controller' } });
  expect(findings.map(({ name, level }) => [name, level])).toEqual([
    ['commands', 'ok'],
    ['controller', 'problem'],
  ]);
});

test('partitions: grace, suspension, closed and empty ones', () => {
  const levels = (which: Site) => judgePartitions(partitionsOf(which), null).map(({ name, level }) => [name, level]);
  expect(levels(old)).toEqual([
    ['partition low (default)', 'ok'],
    ['partition high', 'ok'],
  ]);
  expect(levels(recent)).toEqual([
    ['partition scavenge', 'warning'], // GraceTime 0
    ['partition gpu (default)', 'warning'], // SUSPEND
    ['partition old', 'warning'], // DOWN
  ]);
  const [gpu] = judgePartitions(partitionsOf(recent), 'gpu');
  expect(gpu?.found).toContain('accounts ml,vision only');
});

test('a partition that does not exist is a problem that names the others', () => {
  expect(judgePartitions(partitionsOf(old), 'gpu')).toEqual([
    expect.objectContaining({ level: 'problem', todo: 'name one of: low, high' }),
  ]);
});

test('limits of the account are told', () => {
  const [limited] = judgeAssociations({
    associations: {
      kind: 'answer',
      value: [{ account: 'ml', partition: '', qos: 'normal', maxJobs: 20, maxSubmit: 200 }],
    },
  });
  expect(limited).toMatchObject({ name: 'MaxSubmitJobs of ml', level: 'ok' });
  expect(limited?.meaning).toContain('at most 20 trials');
});

test('P10: nobody is preempted for a rehearsal where it cannot be seen who else is on the node', () => {
  expect(choosePreemptor(partitionsOf(old), 'low', settingsOf(old))).toEqual({
    kind: 'partition',
    options: { partition: 'high' },
  });
  expect(choosePreemptor(partitionsOf(old), null, settingsOf(old))).toMatchObject({ kind: 'partition' });
  const why = (own: string, settings: Record<string, string>) => {
    const chosen = choosePreemptor(partitionsOf(old), own, { ...settingsOf(old), ...settings });
    return chosen.kind === 'none' ? chosen.why : null;
  };
  expect(why('high', {})).toContain('are not preempted');
  expect(why('low', { PreemptType: 'preempt/qos' })).toContain('preempt/qos');
  expect(why('low', { PrivateData: 'jobs,usage' })).toContain('PrivateData');
  expect(why('gpu', {})).toContain("not among SLURM's");
});
