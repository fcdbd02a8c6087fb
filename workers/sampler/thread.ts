/** The thread in which model-based samplers think: a Worker's own loop must not wait for a fit. One question at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { createLearner, type Question } from '../../activities/samplers/learner.ts';
import type { Hyperparameters } from '../../workflows/messages.ts';

export interface SamplerThreadData {
  readonly root: string;
}

export interface Asked {
  readonly id: number;
  readonly question: Question;
}

export type Answered =
  | { readonly id: number; readonly ok: true; readonly answers: readonly Hyperparameters[] }
  | { readonly id: number; readonly ok: false; readonly message: string };

const learner = createLearner((workerData as SamplerThreadData).root);
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (asked: Asked) => {
  last = last.then(async () => parentPort?.postMessage(await answer(asked), []));
});

async function answer({ id, question }: Asked): Promise<Answered> {
  try {
    return { id, ok: true, answers: await learner.propose(question) };
  } catch (error) {
    return { id, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
