/** Who starts where, and who must give way. Pure. */
import { isPlaced } from './model.ts';
import type { LocalJob } from './model.ts';

export interface Placement {
  readonly start: readonly { readonly jobId: string; readonly node: string }[];
  /** Running jobs of `low` that make room for one of `high`. */
  readonly preempt: readonly string[];
  /** Why the others wait: SLURM's Reason by job id. */
  readonly reasons: ReadonlyMap<string, string>;
}

export interface Nodes {
  readonly names: readonly string[];
  readonly cpusPerNode: number;
}

/** High before low, then by submission. A node on which `high` waits for room takes no job of `low`. */
export function place(jobs: readonly LocalJob[], nodes: Nodes, now: number): Placement {
  const free = new Map(nodes.names.map((name) => [name, nodes.cpusPerNode]));
  for (const job of jobs) if (isPlaced(job) && job.node !== null) free.set(job.node, free.get(job.node)! - job.cpus);
  const start: { jobId: string; node: string }[] = [];
  const preempt: string[] = [];
  const reasons = new Map<string, string>();
  const reserved = new Set<string>();

  const waiting = jobs
    .filter((job) => job.state === 'PENDING' && job.reason !== 'JobHeldUser')
    .toSorted((one, other) => rank(one) - rank(other) || Number(one.jobId) - Number(other.jobId));
  for (const job of waiting) {
    if (job.startTime !== null && job.startTime > now) {
      reasons.set(job.jobId, 'BeginTime');
      continue;
    }
    const node = nodes.names.find(
      (name) => mayRun(job, name) && free.get(name)! >= job.cpus && (job.partition === 'high' || !reserved.has(name)),
    );
    if (node !== undefined) {
      free.set(node, free.get(node)! - job.cpus);
      start.push({ jobId: job.jobId, node });
      continue;
    }
    reasons.set(job.jobId, reasons.size === 0 ? 'Resources' : 'Priority');
    if (job.partition !== 'high') continue;
    const room = makeRoom(
      jobs,
      { ...nodes, names: nodes.names.filter((name) => mayRun(job, name)) },
      free,
      reserved,
      job.cpus,
    );
    if (room === null) continue;
    reserved.add(room.node);
    preempt.push(...room.victims);
  }
  return { start, preempt, reasons };
}

const mayRun = (job: LocalJob, node: string): boolean => job.nodes?.includes(node) ?? true;

const rank = (job: LocalJob): number => (job.partition === 'high' ? 0 : 1);

/** The node on which the fewest jobs must go, the youngest first; those already leaving count as gone. */
function makeRoom(
  jobs: readonly LocalJob[],
  nodes: Nodes,
  free: ReadonlyMap<string, number>,
  reserved: ReadonlySet<string>,
  cpus: number,
): { node: string; victims: string[] } | null {
  let best: { node: string; victims: string[] } | null = null;
  for (const node of nodes.names) {
    if (reserved.has(node)) continue;
    const placed = jobs.filter((job) => isPlaced(job) && job.node === node);
    let room = free.get(node)! + sum(placed.filter((job) => job.state === 'COMPLETING' || job.reason === 'Preempted'));
    const candidates = placed
      .filter((job) => job.state === 'RUNNING' && job.partition === 'low' && job.reason !== 'Preempted')
      .toSorted((one, other) => other.startTime! - one.startTime!);
    const victims: string[] = [];
    for (const job of candidates) {
      if (room >= cpus) break;
      victims.push(job.jobId);
      room += job.cpus;
    }
    if (room >= cpus && (best === null || victims.length < best.victims.length)) best = { node, victims };
  }
  return best;
}

const sum = (jobs: readonly LocalJob[]): number => jobs.reduce((total, job) => total + job.cpus, 0);
