import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { createLearner } from '../../../activities/samplers/learner.ts';
import { readPrior } from '../../../activities/samplers/warm-start.ts';
import type { ResolvedSweep, SearchSpace } from '../../../activities/sweep-config/resolved-sweep.ts';
import { append, bayes, identity, sweepsRoot, trialEnd } from './sweep-on-disk.ts';

const root = sweepsRoot();
const space: SearchSpace = { lr: { distribution: 'uniform', min: 0, max: 1 } };
const next: ResolvedSweep = bayes(space, { identity: { ...identity, sweepId: 'next' } });
const trials = Array.from({ length: 30 }, (_, index) =>
  trialEnd(
    index + 1,
    { lr: index / 30 },
    { objective: Math.abs(index - 20), state: index % 10 === 9 ? 'failed' : 'complete' },
  ),
);

beforeEach(async () => {
  for (const name of ['lr', 'next']) {
    rmSync(join(root, name), { recursive: true, force: true });
    mkdirSync(join(root, name));
  }
  writeFileSync(join(root, 'lr', 'sweep.json'), JSON.stringify(bayes(space)));
  await append(root, 0, [...trials, trialEnd(31, { lr: 'fast' }, { objective: 0 })]);
});

test('complete trials in this space are known, others counted', async () => {
  const prior = await readPrior(root, 'lr', next);
  expect(prior).toMatchObject({ ok: true, outside: 1 });
  expect(prior.ok && prior.lines.map((line) => (JSON.parse(line) as { number: number }).number)).toEqual(
    trials.filter(({ state }) => state === 'complete').map(({ number }) => number),
  );
});

test('they are told first, and stand in the sweep’s own directory: the other’s fate does not matter', async () => {
  const ask = () =>
    createLearner(root).propose({ sweep: next, runId: 'run', numbers: [1], given: [], offset: 0, pending: [] });
  const blank = await ask();
  const prior = await readPrior(root, 'lr', next);
  if (!prior.ok) throw new Error(prior.message);
  writeFileSync(join(root, 'next', 'prior.jsonl'), prior.lines.map((line) => `${line}\n`).join(''));
  rmSync(join(root, 'lr'), { recursive: true });
  const known = await ask();
  expect(known).not.toEqual(blank);
  expect(await ask()).toEqual(known);
});

test.each([
  ['gone', next, 'there is no sweep gone to start from'],
  ['next', next, 'a sweep cannot start from itself'],
  ['lr', { ...next, method: 'random' as const }, 'method: random learns nothing'],
  [
    'lr',
    { ...next, metric: { ...next.metric!, goal: 'maximize' as const } },
    'lr has minimize loss, this sweep maximize loss',
  ],
])('%s is refused where its trials say nothing', async (from, sweep, message) => {
  expect(await readPrior(root, from, sweep)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
});
