/**
 * How long a trial is away when its node dies without a word: milliseconds from the death to the first new batch, on a real
 * Temporal server and a private SLURM. See bench/README.md.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { descriptorsOf, environmentOf } from '../../workers/stack/process-table.ts';
import { jobProcesses, processesNaming } from '../../test/e2e/support/processes.ts';
import { startTestStack, type TestStack } from '../../test/e2e/support/stack.ts';
import { startSweep, trialStatus, until, writeSweep } from '../../test/e2e/support/sweep.ts';
import { newestTraining, readTrace } from '../../workers/agent/trace-file.ts';
import { describeMachine, load } from '../support/machine.ts';
import { markdown, spread } from '../support/statistics.ts';

const { values } = parseArgs({
  options: {
    /** At most three: the private cluster has four nodes. */
    nodes: { type: 'string', default: '3' },
    heartbeat: { type: 'string', default: '10' },
    out: { type: 'string' },
  },
});
const SWEEP = 'dead-node';

const stack = await startTestStack({ scheduler: 'slurm', worker: false });
try {
  const samples = await measure(stack);
  const stages = Object.keys(samples[0] ?? {});
  const rows = stages.map((stage) => {
    const found = spread(samples.flatMap((sample) => sample[stage] ?? []));
    return [stage, found === null ? '-' : `${found.median} [${found.least}–${found.most}]`];
  });
  console.log(markdown(['ms after the death: median [range]', `dead node, n=${samples.length}`], rows));
  console.log(`\n${await describeMachine(stack)}, heartbeat time-out ${values.heartbeat} s, SlurmdTimeout 30 s`);
  if (values.out !== undefined) await writeFile(values.out, JSON.stringify(samples, null, 1));
} finally {
  await stack.stop();
}

async function measure(stack: TestStack): Promise<Record<string, number>[]> {
  const trace = join(stack.directory, 'trace.jsonl');
  await stack.worker.start({ TEMPORAL_SWEEP_TRACE: trace });
  const file = await writeSweep(stack, SWEEP, {
    trials: 1,
    epochs: 1_000_000,
    temporal: { heartbeat_timeout: `${values.heartbeat}s`, slurm: { partition: 'low', 'cpus-per-task': 1, time: 60 } },
  });
  await startSweep(stack, SWEEP, file);
  const samples: Record<string, number>[] = [];
  let training = await until('the trial trains', async () => newestTraining(await readTrace(trace)));
  while (samples.length < Number(values.nodes)) {
    const { node } = await trialStatus(stack, SWEEP, 1);
    if (node === null) throw new Error('the trial names no node');
    const died = Date.now();
    killNode(stack.directory, node);
    const before = training.job;
    training = await until('the trial trains again', async () => {
      const newest = newestTraining(await readTrace(trace));
      return newest !== null && newest.job !== before && newest;
    });
    samples.push({ 'first new batch': Math.round(training.at - died) });
    console.error(
      `[load ${load()}] ${node} died with ${before}: ${training.job} trains after ${Math.round(training.at - died)} ms`,
    );
  }
  return samples;
}

/** SIGKILL to the node's slurmd, its slurmstepds and all that its jobs run; nobody says goodbye. */
function killNode(directory: string, node: string): void {
  const ofNode = processesNaming(directory).filter(
    ({ pid, command }) =>
      (/slurmd\b/.test(command) && command.includes(`-N ${node} `)) ||
      (command.startsWith('slurmstepd') && descriptorsOf(pid).some((path) => path.endsWith(`slurmd.${node}.log`))),
  );
  const ofJobs = jobProcesses(directory).filter(({ pid }) => environmentOf(pid).get('SLURMD_NODENAME') === node);
  // Stopped first: none may tell of the others' death.
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
    for (const { pid } of [...ofNode, ...ofJobs]) process.kill(pid, signal);
}
