/**
 * A private SLURM of one machine: munged, slurmctld and one slurmd per virtual node, with a key, sockets, ports and
 * state of its own. It never touches a cluster that the machine belongs to.
 *
 * - P11: `stop` ends what was started, the jobs' processes included. Pending jobs survive in the state directory.
 * - A second start on the same directory goes on with the jobs of the first.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { type Daemon, endAll, killAll } from './daemon.ts';
import { freePorts, isFree } from './ports.ts';
import { shortDirectory } from './short-directory.ts';
import { type AccountingOptions, findAccountingPrograms, writeSlurmdbdConf } from './slurm-accounting.ts';
import { type ExtraPartition, nodeNames, partitions, slurmConf } from './slurm-conf.ts';
import { type DaemonsPlan, findPrograms, startController, startDaemons, startNode } from './slurm-daemons.ts';
import { findInstance, removeInstance, thisProcess, writeInstance } from './slurm-instance.ts';
import { endJobs, killJobsOn } from './slurm-jobs.ts';

export interface SlurmClusterOptions {
  /** Holds configuration, key, state and logs. Made if absent; may be started again later. */
  readonly directory: string;
  /** Virtual nodes of this machine. @default 4 */
  readonly nodes?: number;
  /** CPUs that each node claims to have; the machine's real ones are shared by all. @default 2 */
  readonly cpusPerNode?: number;
  /** Seconds from SIGTERM to the end of a preempted job. @default 10 */
  readonly graceSeconds?: number;
  /** Seconds from SIGTERM to SIGKILL at scancel and at the time limit. @default 5 */
  readonly killWaitSeconds?: number;
  /** How long `stop` lets running tasks write their checkpoints after SIGTERM. @default 3000 */
  readonly stopGraceMs?: number;
  /** @default defaultSchedulerParameters */
  readonly schedulerParameters?: string;
  /** Beside `low` and `high`. @default none */
  readonly extraPartitions?: readonly ExtraPartition[];
  /** SLURM's JobRequeue. @default true */
  readonly jobRequeue?: boolean;
  /** Seconds for which ended jobs are remembered. @default 300 */
  readonly minJobAgeSeconds?: number;
  /** Seconds of silence after which a node counts as dead. @default 30 */
  readonly slurmdTimeoutSeconds?: number;
  /** @default none */
  readonly slurmctldParameters?: string;
  /** slurmdbd with a database of its own, and limits enforced; needs more programs. @default none */
  readonly accounting?: AccountingOptions;
  /** Hears of what a person should know: left-overs of a former cluster that were ended. */
  readonly log?: (line: string) => void;
}

export interface SlurmCluster {
  readonly confPath: string;
  /** Every SLURM command needs it. */
  readonly environment: { readonly SLURM_CONF: string };
  readonly partitions: typeof partitions;
  readonly nodes: readonly string[];
  readonly pids: readonly number[];
  /** A node dies: slurmd, slurmstepds and all that they run, at once. */
  killNode(node: string): Promise<void>;
  /** …and is there again, empty. Resolves when it takes jobs. */
  reviveNode(node: string): Promise<void>;
  /** slurmctld is away; what runs on the nodes does not notice. */
  stopController(): Promise<void>;
  startController(): Promise<void>;
  /** Tells running tasks, waits, ends all daemons. May be called again. */
  stop(): Promise<void>;
}

/** Resolves when every node takes jobs; rejects with the end of a daemon's log when one dies first. */
export async function startSlurmCluster(options: SlurmClusterOptions): Promise<SlurmCluster> {
  const { nodes = 4, stopGraceMs = 3_000 } = options;
  const programs = findPrograms();
  const accounting = options.accounting && { ...options.accounting, programs: findAccountingPrograms() };
  const directory = prepare(options.directory);
  const confPath = join(directory, 'slurm.conf');
  const ports = await takeOver(directory, confPath, nodes + (accounting ? 2 : 1), options.log);
  const [controllerPort = 0, ...others] = ports;
  const [nodePorts, [accountingPort = 0]] = [others.slice(0, nodes), others.slice(nodes)];
  const short = shortDirectory(directory);
  let daemons: Daemon[] = [];
  let stopped: Promise<void> | undefined;

  const stop = async (): Promise<void> => {
    // The controller first: it shall remember running jobs as running, so that the next start requeues them.
    await endAll(named(daemons, 'slurmctld'), 5_000);
    await endJobs(directory, confPath, stopGraceMs);
    await endAll(named(daemons, 'slurmd'), 2_000);
    await endJobs(directory, confPath, 0);
    for (const name of ['slurmdbd', 'mariadbd']) await endAll(named(daemons, name), 10_000);
    await endAll(daemons, 2_000);
    removeInstance(directory);
    short.remove();
  };

  const plan: DaemonsPlan = {
    programs,
    directory,
    base: short.path,
    confPath,
    controllerPort,
    nodes: nodeNames(nodes),
    accounting: accounting ? { ...accounting, port: accountingPort } : null,
  };
  const record = (daemon: Daemon): void => {
    daemons = [...daemons.filter(({ name }) => name !== daemon.name), daemon];
    writeInstance(directory, { owner: thisProcess(), daemons, ports });
  };

  try {
    writeFileSync(confPath, confOf(options, short.path, controllerPort, nodePorts, accounting ? accountingPort : null));
    if (accounting) writeSlurmdbdConf(directory, short.path, accountingPort);
    await startDaemons(plan, record);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    confPath,
    environment: { SLURM_CONF: confPath },
    partitions,
    nodes: nodeNames(nodes),
    pids: daemons.map(({ pid }) => pid),
    async killNode(node) {
      await killAll(daemons.filter(({ name }) => name === `slurmd.${node}`));
      await killJobsOn(directory, confPath, node);
    },
    reviveNode: (node) => startNode(plan, node, record),
    // Not by SIGKILL: that loses the last seconds of its state, and then it ends jobs that it does not know to run.
    stopController: async () => void (await endAll(named(daemons, 'slurmctld'), 5_000)),
    startController: () => startController(plan, record),
    stop: () => (stopped ??= stop()),
  };
}

const named = (daemons: readonly Daemon[], name: string): Daemon[] =>
  daemons.filter((daemon) => daemon.name.startsWith(name));

/** Makes the folders, and the key at the first start; returns the directory's real path. */
function prepare(given: string): string {
  mkdirSync(given, { recursive: true, mode: 0o755 });
  const directory = realpathSync(given);
  for (const name of ['run', 'log', 'state', 'spool'])
    mkdirSync(join(directory, name), { recursive: true, mode: 0o755 });
  mkdirSync(join(directory, 'key'), { recursive: true, mode: 0o700 });
  const key = join(directory, 'key', 'munge.key');
  if (!existsSync(key)) writeFileSync(key, randomBytes(1024), { mode: 0o400 });
  chmodSync(key, 0o400);
  return directory;
}

/** Ends what a killed process left on the directory; returns ports: the former ones where they are free. */
async function takeOver(
  directory: string,
  confPath: string,
  count: number,
  log?: (line: string) => void,
): Promise<readonly number[]> {
  const found = findInstance(directory);
  if (found.kind === 'owned') {
    throw new Error(
      `a SLURM cluster already runs on ${directory}, started by process ${found.pid}. ` +
        'Stop that process, or choose another directory',
    );
  }
  if (found.kind === 'orphaned') {
    const pids = found.daemons.map(({ pid }) => pid).join(', ');
    log?.(`ending SLURM daemons ${pids} on ${directory}, which process ${found.owner} left when it was killed`);
    await endAll(found.daemons, 2_000);
    await endJobs(directory, confPath, 0);
  }
  for (const name of ['munge.socket', 'munge.socket.lock']) rmSync(join(directory, 'run', name), { force: true });
  const former = found.kind === 'none' ? found.ports : [];
  const free = await Promise.all(former.map(isFree));
  return former.length === count && free.every(Boolean) ? former : freePorts(count);
}

function confOf(
  options: SlurmClusterOptions,
  base: string,
  controllerPort: number,
  nodePorts: readonly number[],
  accountingPort: number | null,
): string {
  return slurmConf({
    base,
    host: hostname().split('.')[0] ?? hostname(),
    user: userInfo().username,
    controllerPort,
    nodePorts,
    cpusPerNode: options.cpusPerNode ?? 2,
    memoryMegabytes: 4_000,
    graceSeconds: options.graceSeconds ?? 10,
    killWaitSeconds: options.killWaitSeconds ?? 5,
    schedulerParameters: options.schedulerParameters ?? defaultSchedulerParameters,
    extraPartitions: options.extraPartitions ?? [],
    jobRequeue: options.jobRequeue ?? true,
    minJobAgeSeconds: options.minJobAgeSeconds ?? 300,
    slurmdTimeoutSeconds: options.slurmdTimeoutSeconds ?? 30,
    slurmctldParameters: options.slurmctldParameters ?? '',
    accountingPort,
  });
}

export const defaultSchedulerParameters = 'sched_interval=1,bf_interval=1,requeue_delay=0';
