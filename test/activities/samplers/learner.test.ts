/** P12: the answer depends on the question and the recorded prefix alone, whoever is asked, and whatever was asked before. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLearner, type Learner, type Question } from '../../../activities/samplers/learner.ts';
import type { SearchSpace } from '../../../activities/sweep-config/resolved-sweep.ts';
import type { Hyperparameters, TrialEnded } from '../../../workflows/messages.ts';
import { spaces } from './spaces.ts';
import { append, bayes, identity, sweepsRoot, trialEnd, writeTrialFile } from './sweep-on-disk.ts';

const root = sweepsRoot();

const space: SearchSpace = {
  lr: { distribution: 'log_uniform_values', min: 1e-4, max: 1 },
  units: { distribution: 'int_uniform', min: 16, max: 512 },
  kind: { distribution: 'categorical', values: ['adam', 'sgd', null] },
};

/** What the workflow would do: keeps `window` trials under way, records one end, asks for one more. */
async function simulate(
  which: SearchSpace,
  ends: readonly { readonly pick: number; readonly end: Partial<TrialEnded> }[],
  window: number,
  ask: (question: Question) => Promise<Hyperparameters[]>,
): Promise<{ number: number; hyperparameters: Hyperparameters }[]> {
  rmSync(join(root, identity.sweepId), { recursive: true, force: true });
  const sweep = bayes(which);
  const live = new Map<number, Hyperparameters>();
  const all: { number: number; hyperparameters: Hyperparameters }[] = [];
  let offset = 0;
  const more = async (count: number): Promise<void> => {
    const numbers = Array.from({ length: count }, (_, index) => all.length + 1 + index);
    const pending = [...live.keys()].toSorted((one, other) => one - other);
    const answers = await ask({ sweep, runId: 'run', numbers, given: [], offset, pending });
    for (const [index, hyperparameters] of answers.entries()) {
      writeTrialFile(root, numbers[index]!, hyperparameters);
      live.set(numbers[index]!, hyperparameters);
      all.push({ number: numbers[index]!, hyperparameters });
    }
  };
  await more(window);
  for (const { pick, end } of ends) {
    const number = [...live.keys()][pick % Math.max(1, live.size)];
    if (number === undefined) break;
    offset = await append(root, offset, [trialEnd(number, live.get(number)!, end)]);
    live.delete(number);
    await more(1);
  }
  return all;
}

const objective = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: -10, max: 10, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const ends = fc.array(
  fc.record({
    pick: fc.nat(100),
    end: fc.record({
      objective,
      state: fc.constantFrom<TrialEnded['state']>('complete', 'complete', 'complete', 'pruned', 'failed', 'cancelled'),
      step: fc.nat(10),
    }),
  }),
  { minLength: 12, maxLength: 30 },
);

describe('the same trials for the same order of completions', () => {
  test('from one model kept all along, from a new one for each question, and from several workers in turn', async () => {
    await fc.assert(
      fc.asyncProperty(
        spaces,
        ends,
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(2)),
        async (which, order, window, turns) => {
          const kept = createLearner(root);
          const undisturbed = await simulate(which, order, window, (question) => kept.propose(question));
          const fresh = await simulate(which, order, window, (question) => createLearner(root).propose(question));
          expect(fresh).toEqual(undisturbed);
          const workers = Array.from({ length: 3 }, () => createLearner(root));
          let turn = 0;
          const shared = await simulate(which, order, window, async (question) => {
            const answers = await workers[turns[turn++ % (turns.length || 1)] ?? 0]!.propose(question);
            expect(await workers[turn % 3]!.propose(question)).toEqual(answers); // a repeated attempt, somewhere else
            return answers;
          });
          expect(shared).toEqual(undisturbed);
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);

  test('asked for in one call, or one by one', async () => {
    const one = createLearner(root);
    const order = Array.from({ length: 15 }, (_, index) => ({ pick: index * 7, end: { objective: index % 5 } }));
    const all = await simulate(space, order, 6, (question) => one.propose(question));
    const single = await simulate(space, order, 6, async (question) => {
      const answers: Hyperparameters[] = [];
      for (const [index, number] of question.numbers.entries()) {
        const pending = [...question.pending, ...question.numbers.slice(0, index)];
        const answer = (await one.propose({ ...question, runId: 'other', numbers: [number], pending }))[0]!;
        writeTrialFile(root, number, answer);
        answers.push(answer);
      }
      return answers;
    });
    expect(single).toEqual(all);
  });
});

describe('the prefix', () => {
  const ask = (learner: Learner, offset: number, runId = 'run'): Promise<Hyperparameters[]> =>
    learner.propose({ sweep: bayes(space), runId, numbers: [99], given: [], offset, pending: [] });
  const line = (number: number, loss: number): TrialEnded =>
    trialEnd(number, { lr: 1e-4 * number, units: 16 + number, kind: 'sgd' }, { objective: loss });
  const lines = Array.from({ length: 24 }, (_, index) => line(index + 1, Math.abs(index - 6)));

  test('is all that counts: a question about less has the answer that it had', async () => {
    rmSync(join(root, identity.sweepId), { recursive: true, force: true });
    const half = await append(root, 0, lines.slice(0, 12));
    const before = await ask(createLearner(root), half);
    const whole = await append(root, half, lines.slice(12));
    const learner = createLearner(root);
    const after = await ask(learner, whole);
    expect(after).not.toEqual(before);
    expect(await ask(learner, half)).toEqual(before);
    expect(await ask(learner, whole)).toEqual(after);
  });

  test('of another run is another past, even at the same offset', async () => {
    rmSync(join(root, identity.sweepId), { recursive: true, force: true });
    const whole = await append(root, 0, lines);
    const learner = createLearner(root);
    const first = await ask(learner, whole);
    const reset = lines.map((trial) => ({ ...trial, objective: 6 - Math.min(6, trial.objective!) }));
    const offset = await append(root, 0, reset);
    const other = await ask(learner, offset, 'after the reset');
    expect(other).toEqual(await ask(createLearner(root), offset));
    expect(other).not.toEqual(first);
  });

  test('that the file does not have is an error, and the next question is answered all the same', async () => {
    rmSync(join(root, identity.sweepId), { recursive: true, force: true });
    const whole = await append(root, 0, lines);
    const learner = createLearner(root);
    const answer = await ask(learner, whole);
    await expect(ask(learner, whole + 1)).rejects.toThrow(/cut or replaced/);
    expect(await ask(learner, whole)).toEqual(answer);
  });
});

test('what users give stands, the rest is the sampler’s', async () => {
  const given = [{ kind: null }, { lr: 0.5, units: 17, kind: 'sgd' }];
  const answers = await createLearner(root).propose({
    sweep: bayes(space),
    runId: 'r',
    numbers: [1, 2, 3],
    given,
    offset: 0,
    pending: [],
  });
  expect(answers[0]).toMatchObject({ kind: null, lr: expect.any(Number), units: expect.any(Number) });
  expect(answers[1]).toEqual(given[1]);
  expect(answers).toHaveLength(3);
});

test('a finite space ends when every point has been used, failed and cancelled ones included', async () => {
  const finite: SearchSpace = {
    a: { distribution: 'int_uniform', min: 1, max: 4 },
    b: { distribution: 'categorical', values: ['x', 'y', 'x'] },
    c: { distribution: 'constant', value: 3 },
  };
  const learner = createLearner(root);
  const states: TrialEnded['state'][] = ['complete', 'failed', 'cancelled', 'pruned'];
  const order = Array.from({ length: 40 }, (_, pick) => ({
    pick,
    end: { state: states[pick % 4]!, objective: pick % 3 },
  }));
  const all = await simulate(finite, order, 3, (question) => learner.propose(question));
  expect(new Set(all.map(({ hyperparameters }) => JSON.stringify(hyperparameters))).size).toBe(all.length);
  expect(all).toHaveLength(8);
});
