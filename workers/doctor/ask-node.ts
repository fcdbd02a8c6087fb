/** One short job that looks at a compute node from inside: our own job script, with the probe in the agent's place. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { renderJobScript } from '../../activities/scheduler/job-script.ts';
import type { Job, Scheduler } from '../../activities/scheduler/port.ts';
import { isLive } from '../../activities/scheduler/states.ts';
import { nodeProgram } from '../package-root.ts';
import type { JobPlan } from './job-plan.ts';
import type { Answer, NoAnswer, Question } from './question.ts';

export interface AskNodeOptions {
  readonly scheduler: Scheduler;
  readonly plan: JobPlan;
  /** Doctor's own directory in the shared one. */
  readonly directory: string;
  readonly namespace: string;
  /** Seconds that the job may wait in the queue. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

export type NodeFacts =
  | { readonly kind: 'answered'; readonly jobId: string; readonly answer: Answer; readonly clock: Clock }
  /** The job script ran, the probe did not. */
  | { readonly kind: 'failed'; readonly jobId: string; readonly failure: NoAnswer; readonly output: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'waiting'; readonly jobId: string; readonly reason: string; readonly seconds: number }
  /** The job is over and nothing was written where we look. */
  | { readonly kind: 'silent'; readonly jobId: string; readonly state: string; readonly output: string };

/** By this host's clock, milliseconds since the epoch: the node wrote its answer in between. */
export interface Clock {
  readonly submitted: number;
  readonly seen: number;
}

/** How long NFS may hide a file that another host has written. Milliseconds. */
const ATTRIBUTE_CACHE = 60_000;

/** The job is over, or cancelled, when this resolves. */
export async function askNode(options: AskNodeOptions): Promise<NodeFacts> {
  const { scheduler, plan, directory, namespace } = options;
  const question: Question = { answer: join(directory, 'answer.json'), namespace };
  const jobFile = join(directory, 'question.json');
  const script = join(directory, 'probe.sh');
  const output = join(directory, 'probe.log');
  await writeFile(jobFile, JSON.stringify(question), { mode: 0o600 });
  const program = nodeProgram('probe');
  const text = renderJobScript({
    ...{ nodePath: process.execPath, agentPath: program, reporterPath: program, jobFile, launch: plan.launch },
    allocationsDirectory: join(directory, 'allocations'),
    cpusPerTask: plan.threads,
    step: scheduler.kind === 'local' ? 'local' : 'srun',
  });
  await writeFile(script, text, { mode: 0o700 });
  const submitted = Date.now();
  const request = { name: 'temporal-sweep-doctor', script, directory, output, options: plan.options, leadSeconds: 10 };
  const result = await scheduler.submit(request);
  if (result.kind !== 'submitted') return { kind: 'refused', message: result.message };
  const { jobId } = result;
  try {
    return await follow(options, { jobId, submitted, answer: question.answer, output });
  } finally {
    await scheduler.cancel(jobId); // P11; harmless when it is over
  }
}

interface Submitted {
  readonly jobId: string;
  readonly submitted: number;
  readonly answer: string;
  readonly output: string;
}

async function follow(options: AskNodeOptions, { jobId, submitted, answer, output }: Submitted): Promise<NodeFacts> {
  const { scheduler, patience, signal } = options;
  let job: Job | null = null;
  let over: number | null = null;
  for (let looks = 0; ; looks++) {
    const found = await readAnswer(answer);
    const seen = Date.now();
    if (found?.kind === 'answer') return { kind: 'answered', jobId, answer: found, clock: { submitted, seen } };
    if (found?.kind === 'failed') return { kind: 'failed', jobId, failure: found, output: await tail(output) };
    // Every two seconds: the file is looked at more often, since that costs the controller nothing.
    if (looks % 4 === 0) job = await shown(scheduler, jobId, job);
    if (job?.state === 'PENDING' && seen - submitted > patience * 1_000)
      return { kind: 'waiting', jobId, reason: job.reason, seconds: patience };
    if (job !== null && !isLive(job)) over ??= seen;
    const wait = scheduler.kind === 'local' ? 2_000 : ATTRIBUTE_CACHE;
    if (over !== null && seen - over > wait)
      return { kind: 'silent', jobId, state: job?.state ?? 'unknown', output: await tail(output) };
    await delay(500, undefined, { signal });
  }
}

async function shown(scheduler: Scheduler, jobId: string, before: Job | null): Promise<Job | null> {
  const result = await scheduler.show(jobId);
  return result.kind === 'answer' && result.value !== null ? result.value : before;
}

async function readAnswer(path: string): Promise<Answer | NoAnswer | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Answer | NoAnswer;
  } catch {
    return null;
  }
}

const tail = async (path: string): Promise<string> =>
  (await readFile(path, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join(' | ').slice(-500);
