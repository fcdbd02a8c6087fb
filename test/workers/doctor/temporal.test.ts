import { expect, test } from 'vitest';
import { hasProblems } from '../../../workers/doctor/finding.ts';
import { renderSections } from '../../../workers/doctor/render.ts';
import { judgeTemporal, type TemporalFacts } from '../../../workers/doctor/temporal.ts';

const good: TemporalFacts = {
  namespace: 'default',
  version: '1.32.0',
  retentionDays: 30,
  missingAttributes: [],
  taskQueue: 'sweeps',
  controlWorkers: 1,
};
const judged = (change: Partial<TemporalFacts>) =>
  new Map(judgeTemporal({ ...good, ...change }, 'host:7233').map((finding) => [finding.name, finding]));

test('a server that is ready', () => {
  expect([...judged({}).values()].map(({ level }) => level)).toEqual(Array(5).fill('ok'));
});

test('a day of retention, missing attributes and no worker are warnings that name the command', () => {
  const found = judged({ retentionDays: 1, missingAttributes: ['Resumes'], controlWorkers: 0 });
  expect(found.get('retention')).toMatchObject({ level: 'warning', found: '1 days' });
  expect(found.get('retention')?.todo).toContain('--retention 30d');
  expect(found.get('search attributes')).toMatchObject({ found: 'missing: Resumes' });
  expect(found.get('search attributes')?.todo).toContain('--fix');
  expect(found.get('control worker')?.todo).toContain('temporal sweep worker');
  expect(judged({ missingAttributes: { why: 'PERMISSION_DENIED' } }).get('search attributes')?.level).toBe('warning');
});

test('a namespace that does not exist is the one problem', () => {
  const found = judged({ retentionDays: null });
  expect([...found.keys()]).toEqual(['server', 'namespace']);
  expect(found.get('namespace')).toMatchObject({ level: 'problem' });
});

test('the table shows level, finding, meaning and what to do', () => {
  const sections = [{ title: 'Temporal', findings: judgeTemporal({ ...good, controlWorkers: 0 }, 'host:7233') }];
  const text = renderSections(sections);
  expect(text).toMatch(/^ {2}WARNING {2}control worker {5}none polls task queue sweeps$/m);
  expect(text).toMatch(/^ +-> run one where/m);
  expect(text).toMatch(/4 OK, 1 warnings, 0 problems$/);
  expect(hasProblems(sections)).toBe(false);
});
