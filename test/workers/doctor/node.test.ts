import { expect, test } from 'vitest';
import type { NodeFacts } from '../../../workers/doctor/ask-node.ts';
import { judgeClock, judgeController } from '../../../workers/doctor/clocks.ts';
import { judgeDirectory, judgeGpu, judgeNode } from '../../../workers/doctor/node.ts';
import type { Answer } from '../../../workers/doctor/question.ts';

const here = { nodeVersion: '20.20.2', hostname: 'login1', wantsGpu: false, scheduler: 'slurm' } as const;
const answer: Answer = {
  kind: 'answer',
  node: 'c1',
  began: 1_000_500,
  wrote: 1_002_000,
  nodeVersion: '20.20.2',
  directory: { type: 0x6969, freeBytes: 5e11, durableMs: 12, links: true },
  temporal: { address: 'temporal:7233', milliseconds: 40 },
  backend: {
    kind: 'loaded',
    environment: { backend: 'tensorflow', libtensorflow: '2.9.1', gpu: 'false', cpu: 'EPYC' },
    warnings: [],
  },
  gpus: 0,
};
const clock = { submitted: 1_000_000, seen: 1_002_100 };
const judged = (change: Partial<Answer>) => {
  const facts: NodeFacts = { kind: 'answered', jobId: '7', answer: { ...answer, ...change }, clock };
  return new Map(judgeNode(facts, here).map((finding) => [finding.name, finding]));
};

test('a node that has everything', () => {
  const found = judged({});
  expect([...found.values()].filter(({ level }) => level !== 'ok')).toEqual([]);
  expect(found.get('shared directory')?.found).toBe('NFS, 500.0 GB free, durable write 12 ms');
});

test('what a node lacks is told by what it means', () => {
  const found = judged({
    nodeVersion: '18.0.0',
    backend: { kind: 'broken', why: 'SIGILL' },
    temporal: { address: 'localhost:7233', why: 'connection refused' },
  });
  expect(found.get('Node')).toMatchObject({ level: 'warning', found: '18.0.0 there, 20.20.2 here' });
  expect(found.get('libtensorflow')).toMatchObject({ level: 'warning', found: 'SIGILL' });
  expect(found.get('Temporal from the node')).toMatchObject({ level: 'problem' });
  expect(found.get('Temporal from the node')?.todo).toContain('--ip 0.0.0.0');
});

test('a job that was refused, waits, is silent or failed each says what to do', () => {
  const level = (facts: NodeFacts) => judgeNode(facts, here).map((finding) => [finding.level, finding.todo !== '']);
  expect(level({ kind: 'refused', message: 'Invalid account' })).toEqual([['problem', true]]);
  expect(level({ kind: 'waiting', jobId: '7', reason: 'Resources', seconds: 60 })).toEqual([['warning', true]]);
  expect(level({ kind: 'silent', jobId: '7', state: 'FAILED', output: '' })).toEqual([['problem', true]]);
  const failure = { kind: 'failed', node: 'c1', code: 127, why: 'launch.sh' } as const;
  const [failed] = judgeNode({ kind: 'failed', jobId: '7', failure, output: 'module: not found' }, here);
  expect(failed?.found).toBe('job 7 on c1: launch.sh, code 127: module: not found');
});

test('a clock is only called wrong when it certainly is', () => {
  expect(judgeClock(answer, clock)).toMatchObject({ level: 'ok' });
  expect(judgeClock({ began: 990_000, wrote: 991_500 }, clock)).toMatchObject({
    level: 'warning',
    found: 'behind by at least 10.0 s',
  });
  expect(judgeClock({ began: 1_010_000, wrote: 1_011_100 }, clock)).toMatchObject({
    level: 'warning',
    found: 'ahead by at least 9.0 s',
  });
});

test('a controller that is ahead needs a clock margin', () => {
  expect(judgeController({ least: -200, most: 900 })).toMatchObject([{ level: 'ok' }]);
  expect(judgeController({ least: 1_500, most: 2_600 })[0]?.todo).toBe('temporal sweep worker --clock-margin 3000');
  expect(judgeController({ least: -4_000, most: -2_900 })).toMatchObject([{ level: 'warning' }]);
  expect(judgeController(null)).toEqual([]);
});

test('directories: in memory, full, slow', () => {
  const good = answer.directory;
  expect(judgeDirectory({ ...good, type: 0x01021994 }).level).toBe('warning');
  expect(judgeDirectory({ ...good, freeBytes: 1e8 }).level).toBe('warning');
  expect(judgeDirectory({ ...good, durableMs: 4_000 }).level).toBe('warning');
  expect(judgeDirectory({ ...good, type: 0x1234, links: false }).found).toContain('type 0x1234');
});

test('a GPU that is asked for and not used is a warning', () => {
  expect(judgeGpu({ ...answer, gpus: 2 }, true)).toMatchObject({ level: 'warning' });
  expect(judgeGpu({ ...answer, gpus: 0 }, true)).toMatchObject({ level: 'warning' });
  expect(judgeGpu({ ...answer, gpus: 2 }, false)).toMatchObject({ level: 'ok' });
  expect(judgeGpu({ ...answer, gpus: 0 }, false)).toMatchObject({ level: 'ok', found: 'none' });
});
