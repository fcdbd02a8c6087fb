/** The example's sweep, cut to a few minutes and given a time limit that it must meet. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';

export interface QuickstartPlan {
  readonly trials: number;
  readonly epochs: number;
  readonly concurrency: number;
  readonly partition: string;
  /** sbatch's --time. */
  readonly time: string;
  /** Seconds between the notice and the limit. */
  readonly leadSeconds: number;
  /** Silence after which an agent counts as lost, where its job script could not tell. */
  readonly heartbeatSeconds: number;
}

const TRIALS = 6;
const CONCURRENCY = 4;
/** Seconds for which each of the first trials should train: more than any time limit leaves them. */
const WANTED = 60;

/**
 * A minute is SLURM's least limit. The notice comes up to 40 s before it and the training goes on: a segment lasts some
 * 55 s of it, and some 35 s of the local scheduler's 40.
 */
export function planFor(scheduler: 'slurm' | 'local', partition: string, epochs: number): QuickstartPlan {
  const time = scheduler === 'slurm' ? '00:01:00' : '00:00:40';
  return { trials: TRIALS, epochs, concurrency: CONCURRENCY, partition, time, leadSeconds: 10, heartbeatSeconds: 20 };
}

/**
 * How many epochs fill the time wanted.
 * @param secondsPerEpoch of a trial that has a core to itself.
 * @param cores that the trials of the first wave share.
 */
export function epochsFor(secondsPerEpoch: number, cores: number): number {
  const share = Math.max(1, CONCURRENCY / Math.max(1, cores));
  return Math.min(1_000, Math.max(8, Math.round(WANTED / (secondsPerEpoch * share))));
}

/** Edits the example's own text, so that its comments and order stay; the program becomes an absolute path. */
export function cutSweep(example: string, program: string, plan: QuickstartPlan): string {
  const document = parseDocument(example);
  document.set('program', program);
  document.set('run_cap', plan.trials);
  document.setIn(['parameters', 'epochs', 'value'], plan.epochs);
  document.setIn(['temporal', 'concurrency'], plan.concurrency);
  document.setIn(['temporal', 'lead_time'], plan.leadSeconds);
  document.setIn(['temporal', 'heartbeat_timeout'], plan.heartbeatSeconds);
  document.setIn(['temporal', 'slurm', 'partition'], plan.partition);
  document.setIn(['temporal', 'slurm', 'time'], plan.time);
  return document.toString();
}

/** @returns the path of the sweep.yaml written. */
export function writeCutSweep(packageRoot: string, directory: string, plan: QuickstartPlan): string {
  const example = resolve(packageRoot, 'examples/mnist');
  const file = join(directory, 'sweep.yaml');
  writeFileSync(file, cutSweep(readFileSync(join(example, 'sweep.yaml'), 'utf8'), join(example, 'train.ts'), plan), {
    mode: 0o600,
  });
  return file;
}
