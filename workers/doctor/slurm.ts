/** SLURM's settings and what each means for a sweep. Pure: facts from activities/scheduler/slurm/site.ts. */
import type { Site } from '../../activities/scheduler/slurm/site.ts';
import { parameter, type Association, type Partition } from '../../activities/scheduler/slurm/site-parse.ts';
import { ok, problem, warning, type Finding } from './finding.ts';

type Settings = Readonly<Record<string, string>>;
type Judge = (value: string | undefined, all: Settings) => Omit<Finding, 'name' | 'found'>;

const fine = (meaning: string) => ({ level: 'ok', meaning, todo: '' }) as const;
const doubtful = (meaning: string, todo: string) => ({ level: 'warning', meaning, todo }) as const;

/** Whole seconds of `30 sec`, `5 min`; null when there is no number. */
function secondsOf(text: string | undefined): number | null {
  const [, number, unit] = /^(\d+)\s*(sec|min)?/.exec(text ?? '') ?? [];
  return number === undefined ? null : Number(number) * (unit === 'min' ? 60 : 1);
}

/** One entry per setting: the table is the documentation. `--requeue` on our own command line wins over JobRequeue. */
const SETTINGS: Readonly<Record<string, Judge>> = {
  JobRequeue: (value) =>
    value === '0'
      ? doubtful(
          'jobs are requeued only because sbatch is given --requeue; where that is refused, preempted trials are resubmitted as new jobs',
          '',
        )
      : fine('a preempted trial keeps its job and its job id'),
  PreemptMode: (value = 'OFF') => {
    const word = value.toUpperCase();
    if (word.includes('SUSPEND'))
      return doubtful(
        'a preempted job is stopped in place and keeps its memory: the trial hears nothing and waits',
        'prefer a partition with PreemptMode=REQUEUE or CANCEL',
      );
    if (word.includes('CANCEL')) return fine('a preempted job is ended: its trial is resubmitted as a new job');
    if (word.includes('REQUEUE'))
      return fine('a preempted job goes back into the queue and its trial resumes from its checkpoint');
    return fine('no job is preempted, unless a partition says otherwise; only time limits interrupt trials');
  },
  PreemptType: (value) =>
    value === undefined || value.endsWith('/none')
      ? fine('nothing preempts: only time limits and failures interrupt trials')
      : fine(`${value.replace('preempt/', '')} decides who preempts whom`),
  PreemptParameters: (value, all) =>
    parameter(value, 'send_user_signal') !== null ||
    parameter(all['SlurmctldParameters'], 'preempt_send_user_signal') !== null
      ? fine('a preemption also sends the signal of the time limit: the batch shell hears of it at once')
      : fine('a preemption is told to the agent by SIGTERM, at the beginning of GraceTime; that is enough'),
  PreemptExemptTime: (value) =>
    value === undefined || /^(0|00:00:00|NONE)$/.test(value)
      ? fine('a job may be preempted right after its start')
      : fine(`jobs are not preempted in their first ${value}`),
  KillWait: (value) => {
    const seconds = secondsOf(value) ?? 30;
    return seconds >= 10
      ? fine(`at the time limit and at scancel a trial has ${seconds} s from SIGTERM to SIGKILL for its checkpoint`)
      : doubtful(
          `only ${seconds} s from SIGTERM to SIGKILL at scancel: a big checkpoint may not be finished (the former one stays)`,
          'let `checkpoint_every` be short; time limits are told earlier, by `lead_time`',
        );
  },
  MinJobAge: (value) => {
    const seconds = secondsOf(value) ?? 300;
    if (seconds >= 60)
      return fine(`an ended job stays known for ${seconds} s: why it ended can be read and it can be requeued`);
    return doubtful(
      `an ended job is forgotten after ${seconds} s: a trial then cannot tell why it ended and is resubmitted as a new job`,
      'let the control worker poll more often: --poll-interval',
    );
  },
  MaxJobCount: (value) => fine(`the cluster holds ${value ?? '10000'} jobs in all; concurrency must stay far below`),
  MaxArraySize: () => fine('without effect, since each trial is a job of its own'),
  MaxBatchRequeue: (value) =>
    value === undefined
      ? fine("SLURM's own requeues of one job are counted; ours are not limited by it as far as is known")
      : fine(`after ${value} requeues of its own SLURM holds a job; the trial releases or resubmits it`),
  RequeueExit: (value) =>
    value === undefined
      ? fine('SLURM requeues no job because of its exit code: the trial is the only one that requeues')
      : listsOurs(value)
        ? doubtful(
            `SLURM itself requeues jobs with exit code ${value}, ours among them: it and the trial may both requeue`,
            'ask for another code, or live with an extra restart, which does no harm',
          )
        : fine(`exit codes ${value} are requeued by SLURM; ours is not among them`),
  RequeueExitHold: (value) =>
    value === undefined
      ? fine('no exit code puts a job on hold')
      : listsOurs(value)
        ? doubtful(`jobs with exit code ${value}, ours among them, are held; the trial has to release them`, '')
        : fine(`exit codes ${value} hold a job; ours is not among them`),
  SchedulerParameters: (value) => {
    const delay = parameter(value, 'requeue_delay');
    return delay === null
      ? fine('a requeued job would wait 121 s by itself; the trial releases it for the next second')
      : fine(
          `requeue_delay=${delay} (obeyed from 25.11 on, ignored before); the trial releases the job itself in any case`,
        );
  },
  SlurmctldParameters: (value) => {
    const limited = parameter(value, 'rl_enable') !== null;
    const expedite = parameter(value, 'enable_expedited_requeue') !== null;
    const words = [
      limited
        ? 'calls are limited per user: one batched query per interval and a limit on submissions stay below it'
        : 'calls are not limited per user; one batched query per interval is made all the same',
      ...(expedite ? ['jobs may be requeued without a hold (--requeue=expedite)'] : []),
    ];
    return fine(words.join('; '));
  },
  AccountingStorageType: (value) =>
    (value ?? '').includes('slurmdbd')
      ? fine('accounting tells how a job ended after SLURM has forgotten it, and who cancelled it')
      : fine(
          'no accounting: how a job ended is read from the controller while it remembers (MinJobAge), who cancelled it is not known',
        ),
  ProctrackType: (value) =>
    (value ?? '').includes('cgroup')
      ? fine('every process of a job dies with it')
      : doubtful(
          'a process that detaches itself may outlive its job; what it writes is ignored',
          'proctrack/cgroup would end it',
        ),
  SlurmdTimeout: (value) =>
    fine(
      `a node that dies is given up by SLURM after ${secondsOf(value) ?? 300} s; its trial is known dead after heartbeat_timeout`,
    ),
};

/** Codes of the job script: 85 when it was interrupted, 143 when it was killed. */
const listsOurs = (value: string): boolean =>
  value.split(',').some((part) => {
    const [from, to = from] = part.split('-').map(Number);
    return [85, 143].some((code) => code >= Number(from) && code <= Number(to));
  });

export function judgeCommands(missing: readonly string[]): Finding {
  if (missing.length === 0)
    return ok('commands', 'sbatch, squeue, scontrol, scancel, srun', 'jobs can be submitted from here');
  return problem(
    'commands',
    `not on PATH: ${missing.join(', ')}`,
    'the control worker needs them',
    'run doctor and the control worker on a login node, or `module load slurm` first',
  );
}

export function judgeSite(site: Site): Finding[] {
  const commands = judgeCommands(site.missing);
  if (site.config.kind === 'unknown') {
    const found = site.config.message;
    return [
      commands,
      problem(
        'controller',
        found,
        'no job can be submitted now; running trials train on',
        'ask whether SLURM is up, or set SLURM_CONF',
      ),
    ];
  }
  const { settings, controllers } = site.config.value;
  const up = controllers.some((line) => line.endsWith('UP'));
  return [
    commands,
    up || controllers.length === 0
      ? ok(
          'controller',
          controllers.join(', ') || 'answers',
          `SLURM ${settings['SLURM_VERSION'] ?? 'of unknown version'}`,
        )
      : problem('controller', controllers.join(', '), 'it answers, yet calls itself down', 'ask your administrators'),
    ...Object.entries(SETTINGS).map(([name, judge]): Finding => {
      const value = settings[name];
      return { name, found: value ?? 'not set', ...judge(value, settings) };
    }),
  ];
}

/** Those that a job may use: up, with nodes. @param chosen the one that sweeps will use, if it is known. */
export function judgePartitions(partitions: readonly Partition[], chosen: string | null): Finding[] {
  if (chosen !== null && !partitions.some(({ name }) => name === chosen)) {
    const names = partitions.map(({ name }) => name).join(', ');
    return [problem(`partition ${chosen}`, 'there is none', 'its jobs are refused', `name one of: ${names}`)];
  }
  return partitions.filter(({ name }) => chosen === null || name === chosen).map(judgePartition);
}

function judgePartition(partition: Partition): Finding {
  const { name, state, preemptMode, graceTime, maxTime, priorityTier, totalNodes } = partition;
  const closed = [allowed('accounts', partition.allowAccounts), allowed('QOS', partition.allowQos)].filter(Boolean);
  const found = [
    `${preemptMode || 'as the cluster'}, grace ${graceTime} s, limit ${maxTime}, tier ${priorityTier}`,
    ...closed,
  ].join(', ');
  const label = `partition ${name}${partition.isDefault ? ' (default)' : ''}`;
  if (state !== 'UP' || totalNodes === 0)
    return warning(label, `${state}, ${totalNodes} nodes`, 'jobs would wait there', 'name another: --partition');
  const mode = preemptMode.toUpperCase();
  if (mode.includes('SUSPEND'))
    return warning(
      label,
      found,
      'a preempted trial is stopped in place: it hears nothing and holds its memory',
      'prefer one with REQUEUE or CANCEL',
    );
  if (/REQUEUE|CANCEL/.test(mode) && graceTime === 0)
    return warning(
      label,
      found,
      'SIGTERM and SIGKILL come together at a preemption: a trial goes on from its last periodic checkpoint',
      'make `checkpoint_every` what you can afford to lose, or ask for a GraceTime',
    );
  if (mode.includes('CANCEL'))
    return ok(label, found, `a preempted trial has ${graceTime} s for its checkpoint and is resubmitted`);
  if (mode.includes('REQUEUE'))
    return ok(label, found, `a preempted trial has ${graceTime} s for its checkpoint, is requeued and resumes`);
  return ok(label, found, 'jobs here are not preempted: only the time limit interrupts a trial');
}

const allowed = (what: string, list: string): string => (list === '' || list === 'ALL' ? '' : `${what} ${list} only`);

export function judgeAssociations(site: Pick<Site, 'associations'>): Finding[] {
  if (site.associations.kind === 'unknown')
    return [warning('MaxSubmitJobs', site.associations.message, 'limits on your jobs are not known', '')];
  return site.associations.value.map((association) => judgeAssociation(association));
}

function judgeAssociation({ account, partition, qos, maxJobs, maxSubmit }: Association): Finding {
  const name = `MaxSubmitJobs of ${account}${partition === '' ? '' : ` on ${partition}`}`;
  const most = [maxSubmit, maxJobs].filter((limit) => limit !== null);
  const found = `${maxSubmit ?? 'no limit'}, MaxJobs ${maxJobs ?? 'no limit'}, QOS ${qos || 'none'}`;
  if (most.length === 0)
    return ok(name, found, 'the number of trials at a time is not limited by the account (a QOS may)');
  return ok(name, found, `at most ${Math.min(...most)} trials at a time: a greater concurrency waits`);
}
