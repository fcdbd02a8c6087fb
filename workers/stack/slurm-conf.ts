/** The text of slurm.conf for a private cluster of one machine. Pure. */

export interface SlurmConf {
  /** Short path without blanks: sockets live beneath it, and their paths may have 107 bytes. */
  readonly base: string;
  /** `hostname -s`: slurmctld and slurmd refuse to run on any other machine. */
  readonly host: string;
  readonly user: string;
  readonly controllerPort: number;
  /** One per virtual node. */
  readonly nodePorts: readonly number[];
  readonly cpusPerNode: number;
  readonly memoryMegabytes: number;
  /** Seconds between SIGTERM and the end of a preempted job of the low partition. */
  readonly graceSeconds: number;
  /** Seconds between SIGTERM and SIGKILL for cancelled jobs and those at their time limit. */
  readonly killWaitSeconds: number;
  readonly schedulerParameters: string;
  /** Further partitions over all nodes. */
  readonly extraPartitions: readonly ExtraPartition[];
  /** May jobs be requeued that do not say so themselves? One that says `--requeue` may in any case. */
  readonly jobRequeue: boolean;
  /** Seconds after which the record of an ended job is gone. */
  readonly minJobAgeSeconds: number;
  /** Seconds of silence after which a node counts as dead. */
  readonly slurmdTimeoutSeconds: number;
  /** Empty: none. */
  readonly slurmctldParameters: string;
  /** slurmdbd's; null: no accounting. */
  readonly accountingPort: number | null;
}

/** Jobs of it yield to those of `high`, as those of `low` do. */
export interface ExtraPartition {
  readonly name: string;
  /** What happens to a preempted job of it. SUSPEND switches gang scheduling on for the whole cluster. */
  readonly preemptMode: 'REQUEUE' | 'CANCEL' | 'SUSPEND';
  /** Seconds between SIGTERM and the end; 0: both at once. SUSPEND knows none. */
  readonly graceSeconds: number;
}

export const CLUSTER_NAME = 'sweeps';

export const partitions = { low: 'low', high: 'high' } as const;

export const nodeNames = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index + 1}`);

export function slurmConf(conf: SlurmConf): string {
  const { base, host, nodePorts } = conf;
  const nodes = nodeNames(nodePorts.length);
  const nodeLines = nodes.map(
    (name, index) =>
      `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${nodePorts[index]} ` +
      `CPUs=${conf.cpusPerNode} RealMemory=${conf.memoryMegabytes} State=UNKNOWN`,
  );
  return `# A private cluster of one machine, written anew at every start. Do not edit.
ClusterName=${CLUSTER_NAME}
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=${conf.user}
SlurmdUser=${conf.user}
AuthType=auth/munge
AuthInfo=socket=${base}/run/munge.socket
CryptoType=crypto/munge
SlurmctldPort=${conf.controllerPort}
SlurmdPort=${nodePorts[0]}
StateSaveLocation=${base}/state
SlurmdSpoolDir=${base}/spool/%n
SlurmctldPidFile=${base}/run/slurmctld.pid
SlurmdPidFile=${base}/run/slurmd.%n.pid
SlurmctldLogFile=${base}/log/slurmctld.log
SlurmdLogFile=${base}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
MailProg=/bin/true
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=${conf.schedulerParameters}
PreemptType=preempt/partition_prio
PreemptMode=${conf.extraPartitions.some(suspends) ? 'SUSPEND,GANG' : 'REQUEUE'}
JobRequeue=${conf.jobRequeue ? 1 : 0}
ReturnToService=2
KillWait=${conf.killWaitSeconds}
MinJobAge=${conf.minJobAgeSeconds}
SlurmctldTimeout=30
SlurmdTimeout=${conf.slurmdTimeoutSeconds}
MaxJobCount=100000
MaxArraySize=10001
${conf.slurmctldParameters && `SlurmctldParameters=${conf.slurmctldParameters}\n`}${accountingLines(conf)}${nodeLines.join('\n')}
PartitionName=${partitions.low} Nodes=${nodes.join(',')} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=${conf.graceSeconds}
PartitionName=${partitions.high} Nodes=${nodes.join(',')} MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
${conf.extraPartitions.map((extra) => `${partitionLine(extra, nodes)}\n`).join('')}`;
}

const suspends = ({ preemptMode }: ExtraPartition): boolean => preemptMode === 'SUSPEND';

const partitionLine = (extra: ExtraPartition, nodes: readonly string[]): string =>
  `PartitionName=${extra.name} Nodes=${nodes.join(',')} MaxTime=INFINITE State=UP PriorityTier=1 ` +
  `PreemptMode=${extra.preemptMode}${suspends(extra) ? '' : ` GraceTime=${extra.graceSeconds}`}`;

/** Limits are enforced: an accounting that refuses nothing would show nothing. */
const accountingLines = ({ accountingPort, base }: SlurmConf): string =>
  accountingPort === null
    ? ''
    : `AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=${accountingPort}
AccountingStoragePass=${base}/run/munge.socket
AccountingStorageEnforce=qos,limits
`;
