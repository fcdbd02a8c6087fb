/**
 * A script that runs by itself: no Temporal, no SLURM, and no files unless `--directory` is given. With one it plays the
 * agent's part: the same segments, the same chain, the same exact resume.
 */
import { join, resolve } from 'node:path';
import { type AloneArguments, parseArguments } from './arguments.ts';
import { loadBackend } from './backend.ts';
import { createConsoleReport } from './console-report.ts';
import type { AnyTrial } from './definition.ts';
import type { TrainerEnvironment } from './environment.ts';
import { EXIT } from './exit-codes.ts';
import { toFailure } from './failure.ts';
import { type Report, type Segment, train } from './loop.ts';
import { exportModel } from './model-export.ts';
import { createNoticeLatch } from './notice.ts';
import { type PreparedTrial, prepareTrial } from './prepare.ts';
import { PROTOCOL_VERSION, type TrainerOutcome } from './protocol.ts';
import { openRunDirectory } from './run-directory.ts';
import { latchSignals } from './signal-latch.ts';
import { openWatcher, type Watcher } from './watch.ts';

/** @returns the exit code. */
export async function runAlone(
  definition: AnyTrial,
  args: readonly string[],
  env: TrainerEnvironment,
): Promise<number> {
  const parsed = parseArguments(definition.hyperparameters, args);
  if (parsed.kind === 'help') {
    console.log(parsed.text);
    return EXIT.completed;
  }
  if (parsed.kind === 'wrong') {
    console.error(parsed.text);
    return EXIT.usage;
  }
  const watcher = env.watch === null ? null : openWatcher(env.watch, env.hold);
  try {
    const outcome = await runTrial(definition, parsed, env, watcher);
    watcher?.tell({ type: 'outcome', outcome });
    if (outcome.status === 'interrupted') console.log(describeInterruption(outcome, parsed.directory));
    return EXIT[outcome.status];
  } catch (error) {
    const outcome = toFailure(error);
    watcher?.tell({ type: 'outcome', outcome });
    console.error(`${outcome.type}: ${outcome.message}`);
    return EXIT.failed;
  }
}

// --- internal ---

async function runTrial(
  definition: AnyTrial,
  args: AloneArguments,
  env: TrainerEnvironment,
  watcher: Watcher | null,
): Promise<TrainerOutcome> {
  const notice = createNoticeLatch(latchSignals());
  const backend = await loadBackend();
  const trial = await prepareTrial(definition, { ...args, checkpointSeconds: env.checkpointSeconds }, backend);
  watcher?.tell({ type: 'ready', protocol: PROTOCOL_VERSION, environment: trial.environment });
  const { report: print, end } = createConsoleReport(trial);
  const report = (message: Report): void => {
    print(message);
    watcher?.tell(message);
  };
  const watch = { notice, report, ...(watcher !== null && { reached: watcher.reached }) };
  try {
    if (args.directory === null) return await train(trial, { checkpoint: null, files: null, ...watch });
    return await trainInto(resolve(args.directory), trial, watch, watcher);
  } finally {
    end();
  }
}

async function trainInto(
  directory: string,
  trial: PreparedTrial,
  watch: Pick<Segment, 'notice' | 'report' | 'reached'>,
  watcher: Watcher | null,
): Promise<TrainerOutcome> {
  const run = await openRunDirectory(directory, trial.hyperparameters, watcher?.openStore);
  const { checkpoint, files } = run;
  const report = (message: Report): void => {
    if (message.type === 'row') run.add(message);
    watch.report(message);
  };
  let outcome: TrainerOutcome;
  try {
    outcome = await train(trial, { ...watch, checkpoint, files, report });
  } finally {
    await files.close();
  }
  await run.finish();
  const flaw = outcome.status === 'completed' ? await exportModel(trial, join(directory, 'model')) : null;
  if (flaw !== null) console.error(`warning: ${flaw}`);
  return outcome;
}

export function describeInterruption(
  { cause, step }: Extract<TrainerOutcome, { status: 'interrupted' }>,
  directory: string | null,
): string {
  const where = directory === null ? 'nothing is kept without --directory=DIR' : 'the same command goes on from there';
  return `interrupted (${cause}) after step ${step}: ${where}`;
}
