/**
 * The self-test of a user's script: straight twice, which tells whether it repeats at all, then interrupted at random
 * batches, in evaluations and in the writes of checkpoints. Only what the script offers when it runs by itself is used; everything is written in a temporary directory.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Row } from '../../trainer/protocol.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { compareRuns, type RunResult } from './compare.ts';
import { diagnose } from './diagnose.ts';
import { runInterrupted } from './interrupted.ts';
import { searchProgram } from './program.ts';
import { runSegment, type SegmentEnd } from './run-segment.ts';
import { planStrikes, type PlannedStrike, type Training } from './strikes.ts';
import { trainerCommand } from './trainer-command.ts';
import type { Difference, SegmentRecord, Verdict } from './verdict.ts';

export interface VerifyInput {
  readonly program: string;
  /** The script's own. */
  readonly args: readonly string[];
  readonly kills: number;
  readonly strikeSeed: number;
  /** In which the script starts. */
  readonly directory: string;
  readonly abort: AbortSignal;
  /** A line about what goes on. */
  readonly log: (text: string) => void;
}

/** The script cannot be verified at all; the message says why. */
export class CannotVerify extends Error {}

/** @throws CannotVerify */
export async function verify(input: VerifyInput): Promise<Verdict> {
  const root = await mkdtemp(join(tmpdir(), 'temporal-sweep-verify-'));
  try {
    return await verifyIn(root, input);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

// --- internal ---

async function verifyIn(root: string, input: VerifyInput): Promise<Verdict> {
  const { program, args, kills, strikeSeed, directory, log } = input;
  const first = await runStraight(join(root, 'straight-1'), input);
  const { steps, epochs, environment } = first;
  log(`straight run 1: ${steps} steps, ${epochs} epochs, ${(first.milliseconds / 1000).toFixed(1)} s`);
  const second = await runStraight(join(root, 'straight-2'), input);
  const common = { version: 1, program, arguments: args, strikeSeed, steps, epochs, environment } as const;
  const judge = (
    between: 'straight runs' | 'straight and interrupted',
    differences: readonly Difference[],
    { segments, warnings }: { segments: readonly SegmentRecord[]; warnings: readonly string[] },
  ): Verdict => {
    const record = { ...common, segments, warnings, endedAt: Date.now() };
    if (differences.length === 0) return { verdict: 'exact', ...record };
    const suspects = searchProgram(resolve(directory, program), directory);
    const causes = diagnose({ between, differences, suspects, environment, warnings, segments });
    return { verdict: 'different', ...record, between, differences, causes };
  };
  const unrepeated = compareRuns(first.result, second.result);
  log(`straight run 2: ${unrepeated.length === 0 ? 'the same, bit for bit' : 'another result'}`);
  if (unrepeated.length > 0) return judge('straight runs', unrepeated, { segments: [], warnings: first.warnings });

  const interrupted = await runInterrupted({
    directory: join(root, 'interrupted'),
    strikes: planStrikes(strikeSeed, kills, first),
    checkpointSeconds: checkpointSeconds(first, kills),
    run: (own, strike, seconds) => runOnce(own, input, { strike, steps, seconds }),
    log,
  });
  const differences =
    interrupted.failure === null
      ? compareRuns(first.result, await readResult(join(root, 'interrupted')))
      : [interrupted.failure];
  return judge('straight and interrupted', differences, interrupted);
}

function runOnce(
  own: string,
  { program, args, directory, abort }: VerifyInput,
  how: { strike: PlannedStrike | null; steps: number; seconds: number | null },
): Promise<SegmentEnd> {
  const seconds = how.seconds === null ? {} : { TEMPORAL_SWEEP_CHECKPOINT_SECONDS: String(how.seconds) };
  return runSegment({
    command: trainerCommand(program, [`--directory=${own}`, ...args], directory),
    directory,
    environment: { ...process.env, ...seconds },
    strike: how.strike,
    steps: how.steps,
    abort,
    accept: (message) => message.type !== 'ready' || isNative(message.environment),
  });
}

interface StraightRun extends Training {
  readonly result: RunResult;
  readonly environment: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly milliseconds: number;
  /** The slowest checkpoint's. */
  readonly checkpointMilliseconds: number;
}

async function runStraight(own: string, input: VerifyInput): Promise<StraightRun> {
  const end = await runOnce(own, input, { strike: null, steps: Infinity, seconds: null });
  const { outcome, messages } = end;
  const ready = messages.find((message) => message.type === 'ready');
  if (ready !== undefined && !isNative(ready.environment)) throw new CannotVerify(NOT_NATIVE);
  if (ready === undefined && outcome === null) throw new CannotVerify(silent(input, end));
  if (ready === undefined || outcome?.status !== 'completed') throw new CannotVerify(failed(input, end));
  const warnings = messages.flatMap((message) => (message.type === 'started' ? message.warnings : []));
  const checkpoints = messages.map((message) => (message.type === 'checkpoint' ? message.milliseconds : 0));
  const result = await readResult(own);
  return {
    result,
    steps: outcome.step,
    epochs: outcome.epoch,
    evaluations: messages.filter(({ type }) => type === 'evaluated').length / outcome.epoch,
    environment: ready.environment,
    warnings,
    milliseconds: end.milliseconds,
    checkpointMilliseconds: Math.max(0, ...checkpoints),
  };
}

async function readResult(own: string): Promise<RunResult> {
  const names = await readdir(join(own, 'segments')).catch(() => []);
  const { point } = await findResumePoint(join(own, 'segments'), Math.max(0, ...names.map(Number)));
  if (point === null)
    throw new CannotVerify('the script left no checkpoint: is "directory" one of its hyperparameters?');
  const text = await readFile(join(own, 'metrics.jsonl'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return { rows: lines.map((line) => JSON.parse(line) as Row), checkpoint: await readFile(point.file) };
}

/** So often that a SIGKILL is resumed in the middle of an epoch, and not so often that the script does nothing else. */
function checkpointSeconds({ milliseconds, checkpointMilliseconds }: StraightRun, kills: number): number {
  const wanted = Math.max(5 * checkpointMilliseconds, milliseconds / (4 * kills));
  return Math.min(30, Math.round(wanted) / 1000);
}

const isNative = (environment: Readonly<Record<string, string>>): boolean => environment['backend'] === 'tensorflow';

const tail = ({ output }: SegmentEnd): string => (output === '' ? '' : `; it said:\n${output.slice(-1_500)}`);

const ending = ({ code, signal }: SegmentEnd): string => (signal === null ? `exit code ${code}` : signal);

const NOT_NATIVE =
  'libtensorflow is not there, and without it nothing trains as it will in a sweep: `npm run setup` builds its addon';

function silent({ program }: VerifyInput, end: SegmentEnd): string {
  if (end.code === 0)
    return `${program} ended without training: it must call defineTrial or createCheckpointer${tail(end)}`;
  if (end.code === 2) return `${program} refuses its arguments (those behind \`--\`)${tail(end)}`;
  return `${program} fails by itself (${ending(end)}), before it trains${tail(end)}`;
}

const failed = ({ program }: VerifyInput, end: SegmentEnd): string =>
  `${program} does not train to its end by itself (${ending(end)})${tail(end)}`;
