/** What a compute node must give, judged from one job's answer. Pure. */
import type { Clock, NodeFacts } from './ask-node.ts';
import { judgeClock } from './clocks.ts';
import { ok, problem, warning, type Finding } from './finding.ts';
import type { Answer, BackendFacts, DirectoryFacts } from './question.ts';

export interface Here {
  readonly nodeVersion: string;
  readonly hostname: string;
  /** Does the job ask for GPUs? */
  readonly wantsGpu: boolean;
  readonly scheduler: 'slurm' | 'local';
}

export function judgeNode(facts: NodeFacts, here: Here): Finding[] {
  const name = 'probe job';
  switch (facts.kind) {
    case 'refused':
      return [
        problem(
          name,
          facts.message,
          'jobs of a sweep would be refused alike',
          'mend the options: --partition, --slurm key=value, or `temporal: slurm:` in sweep.yaml',
        ),
      ];
    case 'waiting':
      return [
        warning(
          name,
          `job ${facts.jobId} waited ${facts.seconds} s (${facts.reason}) and was cancelled`,
          'the nodes are busy: nothing is known of them; trials wait in the queue alike',
          'try again with --wait 600, or another --partition',
        ),
      ];
    case 'silent':
      return [
        problem(
          name,
          `job ${facts.jobId} ended ${facts.state} without an answer${said(facts.output)}`,
          'the node cannot write the shared directory, or never ran the script',
          'choose a --root that login and compute nodes share',
        ),
      ];
    case 'failed':
      return [
        problem(
          name,
          `job ${facts.jobId} on ${facts.failure.node}: ${facts.failure.why}, code ${facts.failure.code}${said(facts.output)}`,
          facts.failure.why === 'launch.sh'
            ? 'launch.sh ends before the agent starts'
            : 'the agent would not start either',
          facts.failure.why === 'launch.sh'
            ? 'run launch.sh in a job by hand'
            : 'look whether node and this package are to be seen from there',
        ),
      ];
    case 'answered':
      return judgeAnswer(facts.answer, facts.clock, here, `job ${facts.jobId} on ${facts.answer.node}`);
  }
}

const said = (output: string): string => (output === '' ? '' : `: ${output}`);

function judgeAnswer(answer: Answer, clock: Clock, here: Here, job: string): Finding[] {
  return [
    ok('probe job', job, 'the job script, launch.sh and the step work here'),
    judgeDirectory(answer.directory),
    judgeVersion(answer.nodeVersion, here.nodeVersion),
    judgeBackend(answer.backend),
    judgeGpu(answer, here.wantsGpu),
    judgeClock(answer, clock),
    judgeRoute(answer.temporal, here.scheduler === 'slurm' && answer.node !== here.hostname),
  ];
}

/** Magic numbers of statfs(2). */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x0bd00bd0: 'Lustre',
  0x47504653: 'GPFS',
  0x19830326: 'BeeGFS',
  0x00c36400: 'CephFS',
  0xef53: 'ext4',
  0x58465342: 'XFS',
  0x9123683e: 'Btrfs',
  0x2fc12fc1: 'ZFS',
  0x794c7630: 'overlay',
  0x01021994: 'tmpfs',
};

export function judgeDirectory({ type, freeBytes, durableMs, links }: DirectoryFacts): Finding {
  const gigabytes = freeBytes / 1e9;
  const found = `${FILE_SYSTEMS[type] ?? `type 0x${type.toString(16)}`}, ${gigabytes.toFixed(1)} GB free, durable write ${durableMs} ms${links ? '' : ', no hard links'}`;
  const name = 'shared directory';
  if (type === 0x01021994)
    return warning(
      name,
      found,
      'a file system in memory: checkpoints do not outlive the node',
      'choose a --root on a disk',
    );
  if (gigabytes < 1)
    return warning(
      name,
      found,
      'checkpoints will soon fill it; training goes on, but cannot be resumed',
      'free some room, or set `checkpoint_budget`',
    );
  if (durableMs > 1_000)
    return warning(
      name,
      found,
      'a checkpoint takes longer than the notice of some preemptions',
      'ask for a faster file system, or a longer GraceTime',
    );
  return ok(name, found, 'the node sees what was written here, and is seen to write');
}

function judgeVersion(there: string, here: string): Finding {
  if (there === here) return ok('Node', there, 'agents and trainers run on the very Node of the control worker');
  return warning(
    'Node',
    `${there} there, ${here} here`,
    'the native addon was built for the one here',
    'install one Node where both see it',
  );
}

export function judgeBackend(backend: BackendFacts): Finding {
  const name = 'libtensorflow';
  const slow =
    'tfjs trainers run on its own "cpu" backend, 20 to 50 times slower; trainers of other kinds are not concerned';
  if (backend.kind === 'broken') return warning(name, backend.why, slow, 'npm run setup, where the nodes see it');
  const { environment, warnings } = backend;
  if (environment['backend'] !== 'tensorflow')
    return warning(name, warnings.join(' ') || 'not loaded', slow, 'npm run setup, where the nodes see it');
  return ok(
    name,
    `${environment['libtensorflow']} on ${environment['cpu']}`,
    'trials on nodes with another CPU type resume with a warning (P5)',
  );
}

export function judgeGpu({ gpus, backend }: Pick<Answer, 'gpus' | 'backend'>, wanted: boolean): Finding {
  const used = backend.kind === 'loaded' && backend.environment['gpu'] === 'true';
  const found = `${gpus} there, ${used ? 'used by tfjs' : 'not used by tfjs'}`;
  if (used || (gpus === 0 && !wanted))
    return ok('GPU', gpus === 0 ? 'none' : found, used ? 'trainers run on it' : 'trainers run on CPUs');
  if (wanted)
    return warning(
      'GPU',
      found,
      'the job asks for a GPU and its trainer would not use it',
      'load CUDA in launch.sh; see the output of a job for what libtensorflow misses',
    );
  return ok('GPU', found, 'the job asks for none (gres, gpus)');
}

function judgeRoute(temporal: Answer['temporal'], elsewhere: boolean): Finding {
  const name = 'Temporal from the node';
  if ('milliseconds' in temporal)
    return ok(name, `${temporal.address} in ${temporal.milliseconds} ms`, 'agents can announce themselves');
  const local = elsewhere && /^(localhost|127\.|\[::1\])/.test(temporal.address);
  return problem(
    name,
    `${temporal.address}: ${temporal.why}`,
    'no agent can announce itself: every launch would be lost',
    local
      ? 'the address is this host as seen by itself: give one that nodes can reach (a dev server needs --ip 0.0.0.0)'
      : 'open a route to it, or relay it on the login node and set TEMPORAL_ADDRESS to that',
  );
}
