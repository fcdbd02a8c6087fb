/** The one place of the trainer that reads or sets `process.env`. */
import { ENVIRONMENT } from './protocol.ts';
import { type Hold, WATCH } from './watch.ts';

export interface TrainerEnvironment {
  /** Inherited descriptor to the agent; null when the script runs by itself. */
  readonly descriptor: number | null;
  readonly trialFile: string | null;
  readonly candidate: string | null;
  readonly checkpointSeconds: number | null;
  /** Descriptor on which a script that runs by itself is watched; null: by nobody. */
  readonly watch: number | null;
  /** Where a watched script stands still; null: nowhere. */
  readonly hold: Hold | null;
  /** The script is only imported, by a test for instance: `defineTrial` must not train. */
  readonly importOnly: boolean;
}

export function readTrainerEnvironment(env: NodeJS.ProcessEnv = process.env): TrainerEnvironment {
  return {
    descriptor: toNumber(ENVIRONMENT.descriptor, env[ENVIRONMENT.descriptor]),
    trialFile: env[ENVIRONMENT.trial] ?? null,
    candidate: env[ENVIRONMENT.candidate] ?? null,
    checkpointSeconds: toNumber(ENVIRONMENT.checkpointSeconds, env[ENVIRONMENT.checkpointSeconds]),
    watch: toNumber(WATCH.descriptor, env[WATCH.descriptor]),
    hold: JSON.parse(env[WATCH.hold] ?? 'null') as Hold | null,
    importOnly: env['TEMPORAL_SWEEP_IMPORT_ONLY'] === '1',
  };
}

/** Pinned variables win over those of the shell: they select the trajectory (P5). */
export function pinEnvironment(pinned: Readonly<Record<string, string>>): void {
  Object.assign(process.env, pinned);
}

/**
 * What libtensorflow reads when it is loaded. One thread per trial is the best use of a node that runs several; the
 * default of the library follows the CPU affinity of the job and would change the results with it.
 */
export function tensorFlowVariables(): Readonly<Record<'intraOp' | 'interOp' | 'oneDnn', string>> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  return {
    intraOp: (process.env['TF_NUM_INTRAOP_THREADS'] ||= '1'),
    interOp: (process.env['TF_NUM_INTEROP_THREADS'] ||= '1'),
    oneDnn: (process.env['TF_ENABLE_ONEDNN_OPTS'] ||= '1'),
  };
}

function toNumber(name: string, text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${name} is "${text}": it must be a number from 0 on`);
  return value;
}
