/** The scheduler port over SLURM's client commands. Everything is asked for our own user only. */
import { userInfo } from 'node:os';
import { sbatchArguments } from '../options.ts';
import type { Job, Query, Scheduler } from '../port.ts';
import { createCommands } from './commands.ts';
import { createObservers } from '../observers.ts';
import { readChange, readSubmit } from './errors.ts';
import { parseSqueue, readNodeAnswers, SQUEUE_FORMAT } from './parse.ts';
import { createPast, unknown } from './past.ts';
import { createRateLimit } from './rate-limit.ts';
import type { RateLimit } from './rate-limit.ts';

export interface SlurmSchedulerOptions {
  /** Whole environment of the commands. Default: that of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until a command counts as unanswered. Default 30,000. */
  readonly timeoutMs?: number;
  /** Submissions per second after a burst. Default: 20 at once, then 10 per second. */
  readonly submissions?: RateLimit;
  /** Told of every change that failed. A query that fails is its asker's to log: it is asked again and again. */
  readonly log?: (message: string) => void;
}

/** Never throws: an unanswered command is `unknown`. */
export function createSlurmScheduler(options: SlurmSchedulerOptions = {}): Scheduler {
  const observers = createObservers();
  const { run } = createCommands({
    environment: options.environment ?? process.env,
    observe: observers.tell,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  const turn = createRateLimit(options.submissions ?? { burst: 20, perSecond: 10 });
  const log = options.log ?? (() => {});
  const user = String(userInfo().uid);

  const { show, past } = createPast(run, user);
  const squeue = async (...filter: string[]): Promise<Query<Job[]>> => {
    const result = await run('query', 'squeue', [
      '--noheader',
      `--user=${user}`,
      '--states=all',
      `--Format=${SQUEUE_FORMAT}`,
      ...filter,
    ]);
    if (result.code !== 0) return unknown(result);
    return { kind: 'answer', value: parseSqueue(result.stdout), throttled: result.throttled };
  };
  const change = async (name: string, ...args: string[]) => {
    const result = readChange(await run('query', name, args));
    if (result.kind !== 'done') log(`${[name, ...args].join(' ')}: ${result.message}`);
    return result;
  };

  return {
    kind: 'slurm',
    observe: observers.observe,
    async submit(request) {
      await turn();
      const result = readSubmit(await run('act', 'sbatch', sbatchArguments(request)));
      if (result.kind !== 'submitted') log(`sbatch ${request.name}: ${result.message}`);
      return result;
    },
    list: () => squeue(),
    // squeue splits the option's value at commas; a token has none.
    byName: async (name) => {
      const found = await squeue(`--name=${name}`);
      return found.kind === 'answer'
        ? { kind: 'answer', value: found.value.filter((job) => job.name === name) }
        : found;
    },
    show,
    past,
    requeue: (jobId) => change('scontrol', 'requeue', jobId),
    release: (jobId, from) => change('scontrol', 'update', `JobId=${jobId}`, `StartTime=uts${from}`),
    unhold: (jobId) => change('scontrol', 'release', jobId),
    cancel: (jobId) => change('scancel', jobId),
    async nodeAnswers(node) {
      const result = await run('query', 'sinfo', ['--noheader', '--Node', `--nodes=${node}`, '--format=%T']);
      return result.code === 0 ? { kind: 'answer', value: readNodeAnswers(result.stdout) } : unknown(result);
    },
  };
}
