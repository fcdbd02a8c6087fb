/**
 * A script that runs by itself: no Temporal, no SLURM, and no files unless `--directory` is given. With one it plays the
 * agent's part: the same segments, the same chain, the same exact resume.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type AloneArguments, parseArguments } from './arguments.ts';
import { loadBackend } from './backend.ts';
import { findAndBringAlong, originOf } from './bring-along.ts';
import { type CheckpointStore, openCheckpointStore } from './checkpoint-files.ts';
import { createConsoleReport } from './console-report.ts';
import type { AnyTrial } from './definition.ts';
import { storing, writeDurably } from './durable.ts';
import type { TrainerEnvironment } from './environment.ts';
import { EXIT } from './exit-codes.ts';
import { toFailure } from './failure.ts';
import { type Report, type Segment, train } from './loop.ts';
import { exportModel } from './model-export.ts';
import { createNoticeLatch } from './notice.ts';
import { type PreparedTrial, prepareTrial } from './prepare.ts';
import { PROTOCOL_VERSION, type TrainerOutcome } from './protocol.ts';
import { writeResumeFile } from './resume-file.ts';
import { mergeRows } from './rows.ts';
import { latchSignals } from './signal-latch.ts';
import { openCurves } from './tensorboard/live.ts';
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
    return await trainInto(resolve(args.directory), trial, watch);
  } finally {
    end();
  }
}

async function trainInto(
  directory: string,
  trial: PreparedTrial,
  watch: Pick<Segment, 'notice' | 'report' | 'reached'>,
): Promise<TrainerOutcome> {
  const segments = join(directory, 'segments');
  const { number, checkpoint, files } = await openSegment(segments);
  const curves = await openCurves(join(directory, 'tensorboard'), mergeRows(segments, number), trial.hyperparameters);
  const report = (message: Report): void => {
    if (message.type === 'row') curves.add(message);
    watch.report(message);
  };
  let outcome: TrainerOutcome;
  try {
    outcome = await train(trial, { ...watch, checkpoint, files, report });
  } finally {
    await files.close();
  }
  const rows = mergeRows(segments, number);
  writeDurably(join(directory, 'metrics.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const flaws = [await curves.close(rows)];
  if (outcome.status === 'completed') flaws.push(await exportModel(trial, join(directory, 'model')));
  for (const flaw of flaws) if (flaw !== null) console.error(`warning: ${flaw}`);
  return outcome;
}

/** The next segment of a directory, which plays the agent's part. */
export async function openSegment(
  segments: string,
): Promise<{ number: number; checkpoint: Uint8Array | null; files: CheckpointStore }> {
  storing(segments, () => mkdirSync(segments, { recursive: true, mode: 0o700 }));
  const newest = Math.max(
    0,
    ...readdirSync(segments)
      .filter((name) => /^\d+$/.test(name))
      .map(Number),
  );
  const number = newest + 1;
  const directory = join(segments, String(number));
  // Not recursive: of two processes that start at once, one fails here.
  storing(directory, () => mkdirSync(directory, { mode: 0o700 }));
  const { point, warnings } = await findAndBringAlong(segments, number);
  for (const warning of warnings) console.error(`warning: ${warning}`);
  writeResumeFile(segments, number, point === null ? null : originOf(segments, point));
  const checkpoint = point === null ? null : readFileSync(point.file);
  return { number, checkpoint, files: openCheckpointStore(directory) };
}

export function describeInterruption(
  { cause, step }: Extract<TrainerOutcome, { status: 'interrupted' }>,
  directory: string | null,
): string {
  const where = directory === null ? 'nothing is kept without --directory=DIR' : 'the same command goes on from there';
  return `interrupted (${cause}) after step ${step}: ${where}`;
}
