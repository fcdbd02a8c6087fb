/** P11: the thread of the samplers answers like the learner itself, ends when told, and comes back when asked. */
import { afterAll, expect, test } from 'vitest';
import { createLearner, type Question } from '../../activities/samplers/learner.ts';
import { createSamplerThread } from '../../workers/sampler/sampler.ts';
import { bayes, sweepsRoot } from '../activities/samplers/sweep-on-disk.ts';

const root = sweepsRoot();
const samplers = createSamplerThread(root);
afterAll(() => samplers.stop());

const question = (numbers: readonly number[], offset = 0): Question => ({
  sweep: bayes({ lr: { distribution: 'uniform', min: 0, max: 1 } }),
  runId: 'run',
  numbers,
  given: [],
  offset,
  pending: [],
});

test('many questions at once, each with its own answer', async () => {
  const learner = createLearner(root);
  const questions = Array.from({ length: 8 }, (_, index) => question([index + 1, index + 2]));
  const answers = await Promise.all(questions.map((asked) => samplers.propose(asked)));
  for (const [index, answer] of answers.entries()) expect(answer).toEqual(await learner.propose(questions[index]!));
});

test('an error is that question’s alone', async () => {
  const [failed, answered] = await Promise.allSettled([
    samplers.propose(question([1], 10)),
    samplers.propose(question([1])),
  ]);
  expect(failed).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('trials.jsonl') } });
  expect(answered.status).toBe('fulfilled');
});

test('questions under way fail when it is stopped; the next one starts it anew', async () => {
  const before = await samplers.propose(question([5]));
  const long = Array.from({ length: 1_000_000 }, (_, index) => index + 1);
  const [pending] = await Promise.allSettled([samplers.propose(question(long)), samplers.stop()]);
  expect(pending).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('has ended') } });
  expect(await samplers.propose(question([5]))).toEqual(before);
});
