/** Starts the daemons of a private cluster in their order, and waits until every node takes jobs. */
import { join } from 'node:path';
import { type Daemon, type StartedDaemon, startDaemon } from './daemon.ts';
import { findExecutable } from './executables.ts';
import { accepts } from './ports.ts';
import { waitUntilReady } from './ready.ts';
import {
  type AccountingOptions,
  type AccountingPrograms,
  databaseSocket,
  mariadbdArguments,
  prepareDatabase,
  register,
} from './slurm-accounting.ts';
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
  readonly accounting: (AccountingOptions & { readonly programs: AccountingPrograms; readonly port: number }) | null;
}

const complaint = 'the private SLURM did not start';
const timeoutMs = 20_000;

/** `record` hears of each daemon as soon as it runs, before anything is waited for. */
export async function startDaemons(plan: DaemonsPlan, record: Recorder): Promise<void> {
  const { programs, base, confPath, nodes } = plan;
  const since = new Date();
  const started: StartedDaemon[] = [];
  const start = starter(plan, record, started);
  const until = waiter(started);

  const socket = join(base, 'run', 'munge.socket');
  await start('munged', programs.munged, mungedArguments(base, socket));
  await until('munged', () => accepts({ path: socket }));
  if (plan.accounting !== null) {
    const { programs: more, port } = plan.accounting;
    await prepareDatabase(more, base);
    await start('mariadbd', more.mariadbd, mariadbdArguments(base));
    await until('mariadbd', () => accepts({ path: databaseSocket(base) }));
    await start('slurmdbd', more.slurmdbd, ['-D']);
    await until('slurmdbd', () => accepts({ port, host: '127.0.0.1' }));
    await register(more, confPath, plan.accounting);
  }
  await start('slurmctld', programs.slurmctld, ['-D', '-f', confPath]);
  // A slurmd that finds no controller waits a whole second before it tries again.
  await until('slurmctld', () => accepts({ port: plan.controllerPort, host: '127.0.0.1' }));
  // No node is there yet, so these belong to a cluster that was stopped or killed, and have no process any more. The
  // controller would notice minutes later: they are requeued below, as if their node had failed.
  const lost = await runningJobs(programs, confPath);
  await Promise.all(nodes.map((node) => start(`slurmd.${node}`, programs.slurmd, slurmdArguments(plan, node))));
  await until('its nodes', async () => (await usableNodes(programs, confPath, since)) === nodes.length);
  await requeue(programs, confPath, lost);
}

/** A controller that was ended, again: it reads its own state and finds the jobs running. */
export async function startController(plan: DaemonsPlan, record: Recorder): Promise<void> {
  const started: StartedDaemon[] = [];
  await starter(plan, record, started)('slurmctld', plan.programs.slurmctld, ['-D', '-f', plan.confPath]);
  await waiter(started)('slurmctld', () => accepts({ port: plan.controllerPort, host: '127.0.0.1' }));
}

/** A node that died, again and empty. Resolves when it takes jobs. */
export async function startNode(plan: DaemonsPlan, node: string, record: Recorder): Promise<void> {
  const started: StartedDaemon[] = [];
  const since = new Date();
  await starter(plan, record, started)(`slurmd.${node}`, plan.programs.slurmd, slurmdArguments(plan, node));
  await waiter(started)(node, async () => (await usableNodes(plan.programs, plan.confPath, since)) > 0);
}

type Recorder = (daemon: Daemon) => void;

const starter =
  (plan: DaemonsPlan, record: Recorder, started: StartedDaemon[]) =>
  async (name: string, file: string, args: string[]): Promise<void> => {
    // Where libmariadb looks for `localhost`.
    const environment = { SLURM_CONF: plan.confPath, MYSQL_UNIX_PORT: databaseSocket(plan.base) };
    const log = join(plan.directory, 'log', `${name}.out`);
    const daemon = await startDaemon({ name, file, args, environment, log });
    started.push(daemon);
    record({ name, pid: daemon.pid, startTicks: daemon.startTicks });
  };

const waiter = (daemons: readonly StartedDaemon[]) => (what: string, isReady: () => Promise<boolean>) =>
  waitUntilReady({ complaint, missing: `${what} not ready`, daemons, timeoutMs, isReady });

const slurmdArguments = (plan: DaemonsPlan, node: string): string[] => ['-D', '-N', node, '-f', plan.confPath];

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
