/**
 * From the announcement to the goodbye: one Worker on the queue of this allocation, one segment at a time.
 *
 * P2 the Worker is shut down before `train` ends.      P3 the first word is `allocationStarted`, the last `allocationEnded`.
 */
import {
  PROTOCOL,
  type Allocation,
  type AllocationEnded,
  type AllocationStarted,
  type Outcome,
} from '../../workflows/messages.ts';
import { taskQueue, workflowId, type JobFile } from '../job-file.ts';
import { connectAgent, type ConnectedAgent } from './connect.ts';
import type { JobEnd } from './job-end.ts';
import type { Notices } from './notice.ts';
import { tell } from './tell.ts';
import type { Trace } from './trace.ts';
import { createTrain } from './train.ts';
import type { TrainerProcess } from './trainer-process.ts';

export interface ServeInput {
  readonly job: JobFile;
  readonly allocation: Allocation;
  readonly notices: Notices;
  readonly jobEnd: JobEnd;
  readonly trainer: TrainerProcess;
  readonly node: string;
  readonly trace: Trace;
}

export interface Left {
  readonly exitCode: number;
  /** The trial knows that this allocation is over. */
  readonly told: boolean;
}

/** A net only: an agent that is never granted work gives its node back. Milliseconds. */
const IDLE_LIMIT = 10 * 60_000;
/** How long the end is told before the agent leaves all the same: the outcome is on disk. Milliseconds. */
const TELL_LIMIT = 20_000;
/** How long the result may take on its way while the end is told beside it. Milliseconds. */
const RESULT_HEADSTART = 1_000;
/** Exit code of an interrupted agent: neither success nor an error of the program. */
const INTERRUPTED = 85;

type Told = { readonly segment: number; readonly outcome: Outcome };

export async function serve(input: ServeInput): Promise<Left> {
  const { job, allocation, notices, trace } = input;
  let end: Told | null = null;
  /** The segment under way; a task may still arrive while the Worker drains. */
  let segment: Promise<unknown> | null = null;
  const train = createTrain({ ...input, leave: (told) => leave(told) });
  const queue = taskQueue(job, allocation);
  const agent = await connectAgent(job.identity.namespace, queue, () => notices.current() !== null, {
    train: (task) => {
      trace('train started');
      const running = train.train(task);
      segment = running.catch(() => leave(null)); // P11: refused, or broken before its outcome
      return running;
    },
  });
  if (agent === null) return { exitCode: INTERRUPTED, told: false };
  trace('connected');
  const leave = (told: Told | null): void => {
    end = told ?? end;
    agent.stop();
  };
  const idle = (): void => void (segment ?? leave(null));
  const running = agent.run();
  running.catch(() => {}); // heard below, unless the goodbye comes first
  notices.subscribe(idle);
  const net = setTimeout(idle, IDLE_LIMIT);

  const started: AllocationStarted = { ...allocation, protocol: PROTOCOL, node: input.node, taskQueue: queue };
  const announced = await tell(agent.client, workflowId(job), 'allocationStarted', started, {
    deadline: Date.now() + IDLE_LIMIT,
    abandoned: () => notices.current() !== null,
  });
  trace('announced');
  void input.jobEnd.ask(); // not sooner: the first batch waits for nothing
  if (announced === 'trial over') leave(null);

  // The result is reported by the Worker; the end is told when that is through, or beside it when Temporal is slow.
  await Promise.race([running, drained(agent, () => segment)]);
  clearTimeout(net);
  const last = end as Told | null;
  const told = announced === 'trial over' ? announced : await sayGoodbye(agent, input, last);
  await Promise.race([running, drained(agent, () => segment)]);
  return { exitCode: exitCode(last), told: told !== 'given up' };
}

async function drained(agent: ConnectedAgent, segment: () => Promise<unknown> | null): Promise<void> {
  await agent.stopped;
  await new Promise((resolve) => setTimeout(resolve, RESULT_HEADSTART));
  await segment();
}

async function sayGoodbye(agent: ConnectedAgent, { job, allocation, notices }: ServeInput, last: Told | null) {
  const news: AllocationEnded = {
    ...allocation,
    segment: last?.segment ?? null,
    outcome: last?.outcome ?? null,
    why: (last === null ? notices.current()?.cause : null) ?? 'agent', // P7
    code: null,
  };
  return await tell(agent.client, workflowId(job), 'allocationEnded', news, { deadline: Date.now() + TELL_LIMIT });
}

function exitCode(last: Told | null): number {
  if (last?.outcome.status === 'completed') return 0;
  return last?.outcome.status === 'failed' ? 1 : INTERRUPTED;
}
