/** Starts the daemons of a private cluster in their order, and waits until every node takes jobs. */
import { join } from 'node:path';
import { type Daemon, type StartedDaemon, startDaemon } from './daemon.ts';
import { findExecutable } from './executables.ts';
import { accepts } from './ports.ts';
import { waitUntilReady } from './ready.ts';
import { requeue, runningJobs, usableNodes } from './slurm-control.ts';

const names = ['munged', 'slurmctld', 'slurmd', 'scontrol', 'squeue'] as const;
export type Programs = Readonly<Record<(typeof names)[number], string>>;

/** Throws with the sentence that tells how to get what is missing. */
export function findPrograms(): Programs {
  const found = names.map((name) => [name, findExecutable(name)] as const);
  const missing = found.filter(([, file]) => file === null).map(([name]) => name);
  if (missing.length > 0) {
    throw new Error(
      `a private SLURM needs ${missing.join(', ')}, which this machine lacks. ` +
        'On Debian or Ubuntu: apt-get install --no-install-recommends slurm-wlm munge. Elsewhere use the local scheduler',
    );
  }
  return Object.fromEntries(found) as Programs;
}

export interface DaemonsPlan {
  readonly programs: Programs;
  readonly directory: string;
  /** Short path of the same directory. */
  readonly base: string;
  readonly confPath: string;
  readonly controllerPort: number;
  readonly nodes: readonly string[];
}

const complaint = 'the private SLURM did not start';
const timeoutMs = 20_000;

/** `record` hears of each daemon as soon as it runs, before anything is waited for. */
export async function startDaemons(plan: DaemonsPlan, record: (daemon: Daemon) => void): Promise<void> {
  const { programs, base, confPath, nodes } = plan;
  const started: StartedDaemon[] = [];
  const since = new Date();
  const start = async (name: string, file: string, args: string[]): Promise<void> => {
    const environment = { SLURM_CONF: confPath };
    const daemon = await startDaemon({
      name,
      file,
      args,
      environment,
      log: join(plan.directory, 'log', `${name}.out`),
    });
    started.push(daemon);
    record({ name, pid: daemon.pid, startTicks: daemon.startTicks });
  };
  const until = (what: string, isReady: () => Promise<boolean>) =>
    waitUntilReady({ complaint, missing: `${what} not ready`, daemons: started, timeoutMs, isReady });

  const socket = join(base, 'run', 'munge.socket');
  await start('munged', programs.munged, mungedArguments(base, socket));
  await until('munged', () => accepts({ path: socket }));
  await start('slurmctld', programs.slurmctld, ['-D', '-f', confPath]);
  // A slurmd that finds no controller waits a whole second before it tries again.
  await until('slurmctld', () => accepts({ port: plan.controllerPort, host: '127.0.0.1' }));
  // No node is there yet, so these belong to a cluster that was stopped or killed, and have no process any more. The
  // controller would notice minutes later: they are requeued below, as if their node had failed.
  const lost = await runningJobs(programs, confPath);
  await Promise.all(nodes.map((node) => start(`slurmd.${node}`, programs.slurmd, ['-D', '-N', node, '-f', confPath])));
  await until('its nodes', async () => (await usableNodes(programs, confPath, since)) === nodes.length);
  await requeue(programs, confPath, lost);
}

function mungedArguments(base: string, socket: string): string[] {
  return [
    '--foreground',
    '--force',
    `--socket=${socket}`,
    `--key-file=${join(base, 'key', 'munge.key')}`,
    `--seed-file=${join(base, 'key', 'munge.seed')}`,
    `--pid-file=${join(base, 'run', 'munged.pid')}`,
    `--log-file=${join(base, 'log', 'munged.log')}`,
  ];
}
