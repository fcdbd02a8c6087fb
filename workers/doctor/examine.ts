/** All checks, one section each. A part that does not answer is a line in the table; the others still run. */
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Scheduler } from '../../activities/scheduler/port.ts';
import { readSite, type Site } from '../../activities/scheduler/slurm/site.ts';
import { connect, type Connected } from '../cli/connect.ts';
import { askNode } from './ask-node.ts';
import { judgeController } from './clocks.ts';
import { ok, problem, warning, type Finding, type Section } from './finding.ts';
import { choosePreemptor, type Preemptor } from './interrupt.ts';
import type { JobPlan } from './job-plan.ts';
import { judgeRehearsal, notRehearsed } from './judge-rehearsal.ts';
import { judgeNode } from './node.ts';
import { rehearse } from './rehearse.ts';
import { makeScratch } from './scratch.ts';
import { judgeAssociations, judgePartitions, judgeSite } from './slurm.ts';
import { askTemporal, judgeTemporal, unreachable } from './temporal.ts';

export interface ExamineOptions {
  /** Directory of all sweeps, absolute. */
  readonly root: string;
  readonly taskQueue: string;
  readonly createScheduler: (environment: Readonly<Record<string, string | undefined>>) => Scheduler;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly plan: JobPlan;
  readonly fix: boolean;
  /** Submit the probe job. */
  readonly probe: boolean;
  readonly rehearse: boolean;
  /** Seconds that a job of ours may wait in the queue. */
  readonly patience: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** @throws the abort's reason; all that was started has then been stopped. */
export async function examine(options: ExamineOptions): Promise<Section[]> {
  const connected = await connect().catch((error: unknown) => error);
  const server = connected instanceof Error ? null : (connected as Connected);
  try {
    const temporal: Finding[] =
      server === null ? [unreachable((connected as Error).message)] : await examineTemporal(server, options);
    const scheduler = options.createScheduler(options.environment);
    const site = scheduler.kind === 'slurm' ? await readSite(options) : null;
    const jobs = site === null ? [await examineStandIn(scheduler)] : judgeCluster(site, options.plan);
    const usable = jobs.every(({ name, level }) => level !== 'problem' || name.startsWith('partition'));
    return [
      { title: 'Temporal', findings: temporal },
      { title: site === null ? 'Scheduler' : 'SLURM', findings: jobs },
      ...(usable ? await examineNodes(options, scheduler, site, server) : []),
    ];
  } finally {
    await server?.close();
  }
}

// --- internal ---

async function examineTemporal({ client, address }: Connected, { taskQueue, fix }: ExamineOptions): Promise<Finding[]> {
  try {
    return judgeTemporal(await askTemporal(client, taskQueue, fix), address);
  } catch (error) {
    return [unreachable(`${address}: ${error instanceof Error ? error.message : String(error)}`)];
  }
}

async function examineStandIn(scheduler: Scheduler): Promise<Finding> {
  const listed = await scheduler.list();
  if (listed.kind === 'unknown')
    return problem('local scheduler', listed.message, 'no job can be started', 'start it: temporal sweep dev');
  return ok('local scheduler', 'it answers', 'the stand-in for SLURM: jobs are processes of this machine');
}

function judgeCluster(site: Site, plan: JobPlan): Finding[] {
  const chosen = plan.options['partition'];
  const names = typeof chosen === 'string' ? chosen.split(',') : [null];
  const { partitions } = site;
  return [
    ...judgeSite(site),
    ...(partitions.kind === 'answer'
      ? names.flatMap((name) => judgePartitions(partitions.value, name))
      : [warning('partitions', partitions.message, 'how they preempt is not known', '')]),
    ...judgeAssociations(site),
    ...judgeController(site.controllerAhead),
  ];
}

async function examineNodes(
  options: ExamineOptions,
  scheduler: Scheduler,
  site: Site | null,
  server: Connected | null,
): Promise<Section[]> {
  if (!options.probe && !options.rehearse) return [];
  const { root, plan, log } = options;
  const scratch = await mkdir(root, { recursive: true, mode: 0o700 })
    .then(() => makeScratch(root))
    .catch((error: unknown) => error as Error);
  if (scratch instanceof Error)
    return [
      {
        title: 'Compute node',
        findings: [problem('shared directory', scratch.message, 'no sweep can live there', 'name another: --root')],
      },
    ];
  try {
    const sections: Section[] = [];
    if (options.probe) {
      log('probe job: looking at a compute node from inside');
      const namespace = server?.namespace ?? options.environment['TEMPORAL_NAMESPACE'] ?? 'default';
      const facts = await askNode({ ...options, scheduler, namespace, directory: scratch.directory });
      const findings = judgeNode(facts, {
        nodeVersion: process.versions.node,
        hostname: hostname().split('.')[0]!,
        wantsGpu: Object.keys(plan.options).some((name) => /^(gres|gpus)/.test(name)),
        scheduler: scheduler.kind,
      });
      sections.push({ title: 'Compute node', findings });
    }
    if (!options.rehearse) return [...sections, { title: 'Rehearsal', findings: [notRehearsed()] }];
    if (server === null) return [...sections, { title: 'Rehearsal', findings: judgeRehearsal(WITHOUT_SERVER) }];
    const rehearsal = await rehearse({
      ...options,
      client: server.client,
      preemptor: preemptorOf(site, plan),
      clockMarginMs: Math.max(0, site?.controllerAhead?.most ?? 0),
      directory: scratch.directory,
    });
    return [...sections, { title: 'Rehearsal', findings: judgeRehearsal(rehearsal) }];
  } finally {
    const left = await scratch.remove();
    if (left !== null) log(`${scratch.directory} is still there: ${left}`);
  }
}

const WITHOUT_SERVER = { kind: 'not started', why: 'Temporal does not answer' } as const;

function preemptorOf(site: Site | null, plan: JobPlan): Preemptor {
  if (site === null) return { kind: 'partition', options: { partition: 'high' } };
  if (site.partitions.kind === 'unknown' || site.config.kind === 'unknown')
    return { kind: 'none', why: 'SLURM did not tell its partitions' };
  const { partition } = plan.options;
  return choosePreemptor(
    site.partitions.value,
    typeof partition === 'string' ? partition : null,
    site.config.value.settings,
  );
}
