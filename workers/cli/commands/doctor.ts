import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defineCommand } from 'citty';
import { CommandError } from '../command-error.ts';

/** Exit code: 0 without problems, 1 with some (or with orphans left), 2 for wrong arguments. */
export default defineCommand({
  meta: { name: 'doctor', description: 'Check Temporal, SLURM and a compute node; find what sweeps left behind' },
  args: {
    file: { type: 'positional', description: 'A sweep.yaml whose SLURM options are used', required: false },
    root: { type: 'string', description: 'Directory of all sweeps, shared with the compute nodes', default: 'sweeps' },
    partition: { type: 'string', description: 'Partition of the probe job and the rehearsal' },
    slurm: { type: 'string', description: 'Another option of sbatch, key=value; may be given again' },
    'task-queue': { type: 'string', description: 'Task queue of the control worker', default: 'sweeps' },
    wait: { type: 'string', description: 'Seconds that a job of doctor may wait in the queue', default: '60' },
    fix: { type: 'boolean', description: 'Create missing search attributes', default: false },
    probe: { type: 'boolean', description: 'Submit a job that looks at a node (--no-probe: do not)', default: true },
    rehearse: { type: 'boolean', description: 'Interrupt a real short job and watch it resume', default: false },
    orphans: { type: 'boolean', description: 'Only list what sweeps that are over have left behind', default: false },
    cancel: { type: 'boolean', description: 'With --orphans: end these trials and jobs', default: false },
    remove: { type: 'boolean', description: 'With --orphans: delete these checkpoints; results stay', default: false },
    'local-scheduler': { type: 'string', description: 'Socket of a running local scheduler, instead of SLURM' },
    output: { type: 'string', alias: 'o', description: 'text or json', default: 'text' },
    json: { type: 'boolean', description: 'Print JSON', default: false },
  },
  run: async ({ args, rawArgs }) => {
    const json = args.json || args.output === 'json';
    if (args.output !== 'text' && args.output !== 'json')
      throw new CommandError(`--output is text or json, not "${args.output}"`, 2);
    if ((args.cancel || args.remove) && !args.orphans)
      throw new CommandError('--cancel and --remove belong to --orphans', 2);
    const root = resolve(args.root);
    const createScheduler = await schedulerFactory(args['local-scheduler']);
    if (args.orphans) {
      const { orphans } = await import('../../doctor/report-orphans.ts');
      const scheduler = createScheduler(process.env);
      return await orphans({ root, scheduler, cancel: args.cancel, remove: args.remove, json, print: console.log });
    }
    const file = args.file === undefined ? null : resolve(args.file);
    if (file !== null)
      await access(file).catch(() => {
        throw new CommandError(`no file ${file}`, 2);
      });
    const { planJobs } = await import('../../doctor/job-plan.ts');
    const plan = await planJobs(file, repeated(rawArgs, '--slurm'), args.partition ?? null);
    const { examine } = await import('../../doctor/examine.ts');
    const { hasProblems } = await import('../../doctor/finding.ts');
    const { renderSections } = await import('../../doctor/render.ts');
    const stop = new AbortController();
    const interrupt = (): void => stop.abort(new CommandError('interrupted: the jobs of doctor are cancelled', 130));
    for (const signal of SIGNALS) process.on(signal, interrupt);
    try {
      const sections = await examine({
        ...{ root, createScheduler, plan, environment: process.env, taskQueue: args['task-queue'] },
        ...{ fix: args.fix, probe: args.probe, rehearse: args.rehearse, patience: seconds(args.wait) },
        signal: stop.signal,
        log: (line) => console.error(`[doctor] ${line}`),
      });
      console.log(json ? JSON.stringify(sections, null, 2) : renderSections(sections));
      return hasProblems(sections) ? 1 : 0;
    } catch (error) {
      stop.signal.throwIfAborted();
      throw error;
    } finally {
      for (const signal of SIGNALS) process.off(signal, interrupt);
    }
  },
});

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function schedulerFactory(socket: string | undefined) {
  if (socket === undefined) {
    const { createSlurmScheduler } = await import('../../../activities/scheduler/slurm/scheduler.ts');
    return (environment: NodeJS.ProcessEnv) => createSlurmScheduler({ environment });
  }
  const { createLocalScheduler } = await import('../../../activities/scheduler/local/scheduler.ts');
  return (environment: NodeJS.ProcessEnv) => createLocalScheduler({ socket, environment });
}

/** citty keeps the last of several: all are wanted. */
function repeated(rawArgs: readonly string[], flag: string): string[] {
  return rawArgs.flatMap((word, index) => {
    if (word.startsWith(`${flag}=`)) return [word.slice(flag.length + 1)];
    return word === flag && rawArgs[index + 1] !== undefined ? [rawArgs[index + 1]!] : [];
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0) return value;
  throw new CommandError(`--wait is a whole number of seconds, not "${text}"`, 2);
}
