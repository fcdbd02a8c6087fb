/**
 * Asks model-based samplers, of any number of sweeps. The truth is on disk: a model is told the prefix of `trials.jsonl`
 * that the sweep's state holds, in the order of its lines, and kept for the next question, which costs only what was
 * recorded since. A question that knows less than the model (a replay), or one of another run (a reset has another past),
 * has it built anew. So it does not matter who asks, when or how often (P12).
 */
import { readFile } from 'node:fs/promises';
import type { Hyperparameters, Identity } from '../../workflows/messages.ts';
import { sweepLayout } from '../layout.ts';
import { readTrials } from '../results/read-trials.ts';
import { trialsBetween } from '../results/trials-between.ts';
import { complete } from '../sweep-config/given.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';
import { chooseSampler } from './choose.ts';
import { encodeSpace, type EncodedSpace, type Point } from './encoded-space.ts';
import { objectivesOf, observationOf } from './history.ts';
import type { Model } from './model.ts';
import { nearestUnseen } from './next-unseen.ts';

export interface Question {
  readonly sweep: ResolvedSweep;
  /** Of the workflow: within one run, what stands before an offset never changes. */
  readonly runId: string;
  /** Ascending. */
  readonly numbers: readonly number[];
  /** Hyperparameters of the first numbers, from users; the sampler fills in what they leave out. */
  readonly given: readonly Hyperparameters[];
  /** Bytes of `trials.jsonl` that count. */
  readonly offset: number;
  /** Numbers of trials under way, below all of `numbers`. Their hyperparameters are read from their `trial.json`. */
  readonly pending: readonly number[];
}

export interface Learner {
  /**
   * One call at a time. Each number is asked in turn, with those before it as pending.
   * @returns fewer answers than numbers when a finite space has ended.
   */
  propose(question: Question): Promise<Hyperparameters[]>;
}

interface Memory {
  readonly runId: string;
  readonly space: EncodedSpace;
  readonly model: Model;
  /** Keys of points that trials have had, in finite spaces; null in others. */
  readonly used: Set<string> | null;
  /** Points of trials under way; null where a user's values lie outside of the space. */
  readonly live: Map<number, Point | null>;
  offset: number;
}

/** Models kept, those of the sweeps that asked last. */
const MOST = 50;
/** Trials of another sweep take numbers from here downwards; samplers use small negative ones for themselves. */
const FIRST_PRIOR = -1_000_000;

export function createLearner(root: string): Learner {
  const known = new Map<string, Memory>();

  async function recall({ sweep, runId, offset }: Question): Promise<Memory> {
    const key = JSON.stringify(sweep.identity);
    const found = known.get(key);
    known.delete(key); // should reading fail halfway, the model is built anew
    const fits = found !== undefined && found.runId === runId && found.offset <= offset;
    const memory = fits ? found : await begin(root, sweep, runId);
    const { trials } = sweepLayout(root, sweep.identity.sweepId);
    for await (const trial of trialsBetween(trials, memory.offset, offset)) {
      const observation = observationOf(memory.space, sweep, trial);
      if (observation !== null) memory.model.tell(observation);
      const point = memory.used && memory.space.encode(trial.hyperparameters);
      if (point) memory.used?.add(point.join(' '));
    }
    memory.offset = offset;
    known.set(key, memory);
    if (known.size > MOST) known.delete(known.keys().next().value!);
    return memory;
  }

  return {
    async propose(question) {
      const { sweep, numbers, given } = question;
      const memory = await recall(question);
      const { space, model, used } = memory;
      const points = await livePoints(root, sweep.identity, memory, question.pending);
      const taken = new Set(used && points.map((point) => point.join(' ')));
      const answers: Hyperparameters[] = [];
      for (const [index, number] of numbers.entries()) {
        const asked = model.ask(number, points);
        const own = given[index];
        const free = own === undefined && used !== null;
        const point = free ? nearestUnseen(space, asked, (key) => used.has(key) || taken.has(key)) : asked;
        if (point === null) break;
        const decoded = space.decode(point);
        const answer = own === undefined ? decoded : complete(sweep, own, decoded);
        answers.push(answer);
        const pending = space.encode(answer); // what a later question will read from its trial.json
        if (pending === null) continue;
        points.push(pending);
        taken.add(pending.join(' '));
      }
      return answers;
    },
  };
}

async function begin(root: string, sweep: ResolvedSweep, runId: string): Promise<Memory> {
  const choice = chooseSampler(sweep);
  if (choice.kind !== 'learns') throw new Error(`${sweep.identity.sweepId} has no sampler that learns`);
  const space = encodeSpace(sweep.space, sweep.conditions);
  const model = choice.create(space, { seed: sweep.temporal.seed, objectives: objectivesOf(sweep).length });
  const prior = await readTrials(sweepLayout(root, sweep.identity.sweepId).prior);
  for (const [index, trial] of prior.entries()) {
    const observation = observationOf(space, sweep, { ...trial, number: FIRST_PRIOR - index });
    if (observation !== null) model.tell(observation);
  }
  const used = Number.isFinite(space.size) ? new Set<string>() : null;
  return { runId, space, model, used, live: new Map(), offset: 0 };
}

async function livePoints(
  root: string,
  { sweepId }: Identity,
  { space, live }: Memory,
  pending: readonly number[],
): Promise<Point[]> {
  const numbers = pending.toSorted((one, other) => one - other);
  for (const number of live.keys()) if (!numbers.includes(number)) live.delete(number);
  const layout = sweepLayout(root, sweepId);
  await Promise.all(
    numbers.map(async (number) => {
      if (live.has(number)) return;
      const file = JSON.parse(await readFile(layout.trial(number).trial, 'utf8')) as {
        readonly hyperparameters: Hyperparameters;
      };
      live.set(number, space.encode(file.hyperparameters));
    }),
  );
  return numbers.map((number) => live.get(number)!).filter((point) => point !== null);
}
