/** The scheduler port over the local scheduler's socket. Never throws: a daemon that does not answer is `unknown`. */
import { createConnection } from 'node:net';
import { createObservers } from '../observers.ts';
import type { ChangeResult, Job, Query, Scheduler, SchedulerCall, SubmitResult } from '../port.ts';
import type { Answer, Call } from './messages.ts';

export interface LocalSchedulerOptions {
  /** Path of the daemon's socket. */
  readonly socket: string;
  /** Environment that jobs start with. Default: that of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until a call counts as unanswered. Default 30,000. */
  readonly timeoutMs?: number;
}

export function createLocalScheduler(options: LocalSchedulerOptions): Scheduler {
  const observers = createObservers();
  const timeoutMs = options.timeoutMs ?? 30_000;

  async function call<T>(message: Call): Promise<T | { kind: 'unknown'; message: string }> {
    const began = performance.now();
    const tell = (result: SchedulerCall['result']): void => {
      observers.tell({ command: message.method, milliseconds: performance.now() - began, result, throttled: false });
    };
    try {
      const answer = await exchange(options.socket, message, timeoutMs);
      tell('error' in answer ? 'unanswered' : isNo(answer.result) ? 'refused' : 'ok');
      return 'error' in answer ? { kind: 'unknown', message: answer.error } : (answer.result as T);
    } catch (error) {
      tell('unanswered');
      return { kind: 'unknown', message: `the local scheduler at ${options.socket} does not answer: ${String(error)}` };
    }
  }
  async function jobs(): Promise<Query<Job[]>> {
    const value = await call<Job[]>({ method: 'list' });
    return Array.isArray(value) ? { kind: 'answer', value } : value;
  }
  async function pick<T>(choose: (jobs: Job[]) => T): Promise<Query<T>> {
    const all = await jobs();
    return all.kind === 'answer' ? { kind: 'answer', value: choose(all.value) } : all;
  }

  return {
    kind: 'local',
    observe: observers.observe,
    submit: (request) => {
      const set = Object.entries(options.environment ?? process.env).filter(([, value]) => value !== undefined);
      const environment = Object.fromEntries(set) as Record<string, string>;
      return call<SubmitResult>({ method: 'submit', request, environment });
    },
    list: jobs,
    byName: (name) => pick((all) => all.filter((job) => job.name === name)),
    show: (jobId) => pick((all) => all.find((job) => job.jobId === jobId) ?? null),
    past: (jobIds) => pick((all) => new Map(jobIds.map((id) => [id, all.find((job) => job.jobId === id) ?? null]))),
    requeue: (jobId) => call<ChangeResult>({ method: 'requeue', jobId }),
    release: (jobId) => call<ChangeResult>({ method: 'release', jobId }),
    // It holds no job after a failed launch, and its nodes are processes of one machine.
    unhold: (jobId) => Promise.resolve({ kind: 'refused', message: `Job is not held for job ${jobId}` }),
    nodeAnswers: () => Promise.resolve({ kind: 'answer', value: true }),
    cancel: (jobId) => call<ChangeResult>({ method: 'cancel', jobId }),
  };
}

const isNo = (result: unknown): boolean =>
  /^(refused|rejected)$/.test((result as { kind?: string } | null)?.kind ?? '');

/** @throws when there is no answer. */
export function exchange(path: string, message: Call, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('timed out')));
    socket.on('connect', () => socket.write(JSON.stringify(message) + '\n'));
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      try {
        resolve(JSON.parse(text) as Answer);
      } catch {
        reject(new Error('the connection was closed before an answer'));
      }
    });
  });
}
