/** The control worker's side of the sampler's thread: one for all sweeps, started by the first question, ended with the Worker. */
import type { Worker } from 'node:worker_threads';
import type { Learner, Question } from '../../activities/samplers/learner.ts';
import { startThread } from '../../trainer/start-thread.ts';
import type { Hyperparameters } from '../../workflows/messages.ts';
import type { Answered, Asked, SamplerThreadData } from './thread.ts';

export interface SamplerThread extends Learner {
  /** P11: ends the thread; questions under way fail. A later question starts another. */
  stop(): Promise<void>;
}

interface Waiting {
  resolve(answers: Hyperparameters[]): void;
  reject(error: Error): void;
}

export function createSamplerThread(root: string): SamplerThread {
  const waiting = new Map<number, Waiting>();
  const underWay = new Map<string, Promise<Hyperparameters[]>>();
  let thread: Worker | null = null;
  let asked = 0;

  function lost(which: Worker, error: Error): void {
    if (thread !== which) return;
    thread = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function begin(): Worker {
    const data: SamplerThreadData = { root };
    const worker = startThread('./thread', import.meta.url, data);
    worker.on('message', (answered: Answered) => {
      const who = waiting.get(answered.id);
      waiting.delete(answered.id);
      if (answered.ok) who?.resolve([...answered.answers]);
      else who?.reject(new Error(answered.message));
    });
    worker.on('error', (error) => lost(worker, error as Error));
    worker.on('exit', () => lost(worker, new Error('the thread of the samplers has ended')));
    return worker;
  }

  return {
    propose(question: Question) {
      // The next attempt of a question that took too long joins the work under way instead of queueing behind it.
      const { sweep, ...rest } = question;
      const key = JSON.stringify([sweep.identity, rest]);
      const known = underWay.get(key);
      if (known !== undefined) return known;
      thread ??= begin();
      const order: Asked = { id: (asked += 1), question };
      const answer = new Promise<Hyperparameters[]>((resolve, reject) => waiting.set(order.id, { resolve, reject }));
      thread.postMessage(order, []);
      underWay.set(key, answer);
      const forget = (): void => void underWay.delete(key);
      answer.then(forget, forget);
      return answer;
    },
    stop: async () => void (await thread?.terminate()),
  };
}
