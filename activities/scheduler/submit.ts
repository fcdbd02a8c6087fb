/** One submission, asked again without what a cluster does not allow: expedited requeues, or so many excluded nodes. */
import type { EnsureJobInput } from '../../workflows/activities.ts';
import type { ClusterMemory, Policy } from './policy.ts';
import type { JobRequest, Scheduler, SubmitResult } from './port.ts';

export interface SubmitDeps {
  readonly scheduler: Scheduler;
  readonly memory: ClusterMemory;
  submitRequest(input: EnsureJobInput): Promise<JobRequest>;
  log(message: string): void;
}

/** sbatch before 25.11 knows `--requeue` without a value only; later ones refuse it where slurm.conf does not enable it. */
const NO_EXPEDITE = /requeue|expedit|presently disabled/i;
/** Too few nodes are left. */
const NO_NODES = /node configuration is not available|node count|invalid node name|no nodes/i;

/** @param before called right before each sbatch */
export async function submit(
  deps: SubmitDeps,
  input: EnsureJobInput,
  policy: Policy,
  before: () => Promise<void>,
): Promise<SubmitResult> {
  const request = await deps.submitRequest(input);
  await before();
  const expedite = policy === 'expedite';
  const result = await deps.scheduler.submit(expedite ? { ...request, expedite } : request);
  if (result.kind !== 'rejected') return result;
  if (expedite && NO_EXPEDITE.test(result.message)) {
    deps.memory.refuses('expedite');
    deps.log(`this cluster does not expedite requeues: ${result.message}`);
    return await submit(deps, input, deps.memory.policy('expedite'), before);
  }
  if ((input.excludeNodes ?? []).length > 0 && NO_NODES.test(result.message)) {
    deps.log(`without ${input.excludeNodes!.join(', ')} no node is left, so they are used again: ${result.message}`);
    return await submit(deps, { ...input, excludeNodes: [] }, policy, before);
  }
  return result;
}
