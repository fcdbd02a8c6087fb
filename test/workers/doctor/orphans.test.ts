import { expect, test } from 'vitest';
import fc from 'fast-check';
import type { Job } from '../../../activities/scheduler/port.ts';
import { token } from '../../../activities/scheduler/token.ts';
import { findOrphans, trialKey, type OrphanFacts, type TrialFate } from '../../../workers/doctor/orphans.ts';

const own = { namespace: 'default', sweepId: 'lr', firstRunId: 'run-1' };
const elsewhere = { ...own, namespace: 'other' };

const job = (jobId: string, name: string, state = 'RUNNING'): Job => ({
  jobId,
  name,
  state,
  reason: 'None',
  restartCount: 0,
  node: null,
  exitCode: null,
  startTime: null,
  endTime: null,
});
const entry = (identity: typeof own, number: number, submission = 1) => ({
  identity,
  workflowId: `${identity.sweepId}/${number}`,
  token: token(identity, number, submission),
  jobId: null,
  restartCount: 0,
});
const facts = (fate: TrialFate, change: Partial<OrphanFacts>): OrphanFacts => ({
  namespace: 'default',
  jobs: [],
  liveTrials: [],
  identities: [own],
  fates: new Map([[trialKey(own, 1), fate]]),
  entries: [],
  checkpoints: [],
  ...change,
});
const kinds = (given: OrphanFacts) => findOrphans(given).map(({ kind }) => kind);

test('a job whose trial is over is an orphan; one that is leaving, or has ended, is not', () => {
  const name = token(own, 1, 1);
  expect(kinds(facts('over', { jobs: [job('7', name)] }))).toEqual(['job']);
  expect(kinds(facts('over', { jobs: [job('7', name, 'COMPLETING')] }))).toEqual([]);
  expect(kinds(facts('over', { jobs: [job('7', name, 'CANCELLED')] }))).toEqual([]);
  expect(kinds(facts('open', { jobs: [job('7', name)] }))).toEqual([]);
});

test('a job of an unknown identity, or of a trial this server does not know, is a stranger', () => {
  const foreign = job('8', token({ ...own, firstRunId: 'another' }, 1, 1));
  expect(kinds(facts('over', { jobs: [foreign] }))).toEqual(['stranger']);
  expect(kinds(facts('unknown', { jobs: [job('7', token(own, 1, 1))] }))).toEqual(['stranger']);
  expect(kinds(facts('over', { jobs: [job('9', 'interactive')] }))).toEqual([]);
});

test('a watch entry goes when its trial and every job of it are over, and the scheduler says so', () => {
  const entries = [entry(own, 1, 2)];
  expect(kinds(facts('over', { entries }))).toEqual(['watch']);
  expect(kinds(facts('open', { entries }))).toEqual([]);
  expect(kinds(facts('unknown', { entries }))).toEqual([]);
  expect(kinds(facts('over', { entries, jobs: null }))).toEqual([]);
  expect(kinds(facts('over', { entries, jobs: [job('7', token(own, 1, 1))] }))).toEqual(['job']);
  expect(kinds(facts('over', { entries: [entry(elsewhere, 1)] }))).toEqual([]);
});

test('checkpoints count only once Temporal says that their trial is over', () => {
  const checkpoints = [{ workflowId: 'lr/1', identity: own, number: 1, paths: ['/x'], bytes: 5 }];
  expect(kinds(facts('over', { checkpoints }))).toEqual(['checkpoints']);
  expect(kinds(facts('open', { checkpoints }))).toEqual([]);
  expect(kinds(facts('unknown', { checkpoints }))).toEqual([]);
});

test('a trial that runs without its sweep is an orphan', () => {
  const trial = { workflowId: 'lr/1', number: 1, identity: own };
  expect(kinds(facts('open', { liveTrials: [{ ...trial, sweep: 'over' }] }))).toEqual(['trial']);
  expect(kinds(facts('open', { liveTrials: [{ ...trial, sweep: 'open' }] }))).toEqual([]);
});

test("no job of another namespace's sweep is ever called an orphan of ours", () => {
  const fates = fc.constantFrom<TrialFate>('open', 'over', 'unknown');
  fc.assert(
    fc.property(fates, fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.boolean(), (fate, trial, submission, known) => {
      const given = facts(fate, {
        jobs: [job('7', token(elsewhere, trial, submission))],
        identities: known ? [own, elsewhere] : [own],
        fates: new Map([[trialKey(elsewhere, trial), fate]]),
      });
      expect(kinds(given)).toEqual(['stranger']);
    }),
  );
});
