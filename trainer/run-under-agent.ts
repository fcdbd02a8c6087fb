/**
 * One segment under an agent. Loads, prepares and reads ahead, says `ready`, and waits: nothing is written or reported
 * before `grant` (P3). When the agent dies, a granted segment checkpoints and leaves: its successor will be granted
 * another directory (P2).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBackend } from './backend.ts';
import { type Channel, openChannel } from './channel.ts';
import { openCheckpointStore } from './checkpoint-files.ts';
import type { AnyTrial } from './definition.ts';
import { pinEnvironment, type TrainerEnvironment } from './environment.ts';
import { EXIT } from './exit-codes.ts';
import { toFailure, TrainerFailed } from './failure.ts';
import { applyHyperparameters } from './hyperparameters.ts';
import { train } from './loop.ts';
import { exportModel } from './model-export.ts';
import { createNoticeLatch, type NoticeLatch } from './notice.ts';
import { type PreparedTrial, prepareTrial } from './prepare.ts';
import { PROTOCOL_VERSION, type ResumePoint, type ToTrainer, type TrainerOutcome, type TrialFile } from './protocol.ts';
import { latchSignals } from './signal-latch.ts';

type Grant = Extract<ToTrainer, { type: 'grant' }>;

/** @returns the exit code. */
export async function runUnderAgent(
  definition: AnyTrial,
  descriptor: number,
  env: TrainerEnvironment,
): Promise<number> {
  tolerateBrokenOutput();
  const notice = createNoticeLatch(latchSignals());
  const { channel, granted } = connectAgent(descriptor, notice);
  const outcome = await settle(() => runSegment(definition, env, channel, notice, granted));
  if (outcome !== null) channel.send({ type: 'outcome', outcome });
  await channel.flushed();
  channel.close();
  return outcome === null ? EXIT.interrupted : EXIT[outcome.status];
}

/** Notices are given to the latch. `granted` is null when the agent died before it granted anything. */
export function connectAgent(
  descriptor: number,
  notice: NoticeLatch,
): { readonly channel: Channel; readonly granted: Promise<Grant | null> } {
  let answer: (grant: Grant | null) => void = () => {};
  const granted = new Promise<Grant | null>((resolve) => (answer = resolve));
  const channel = openChannel(descriptor, {
    message: (message) => {
      if (message.type === 'grant') answer(message);
      else if (message.type === 'notice') notice.give({ cause: message.cause, deadline: message.deadline });
    },
    lost: () => {
      notice.give({ cause: 'stop', deadline: null });
      answer(null);
    },
  });
  return { channel, granted };
}

// --- internal ---

async function runSegment(
  definition: AnyTrial,
  env: TrainerEnvironment,
  channel: Channel,
  notice: NoticeLatch,
  granted: Promise<Grant | null>,
): Promise<TrainerOutcome | null> {
  const { prepared, candidate } = await prepareAhead(definition, env);
  channel.send({ type: 'ready', protocol: PROTOCOL_VERSION, environment: prepared.environment });
  const grant = await granted;
  if (grant === null) return null;
  const { directory, resume } = grant;
  const checkpoint = resume === null ? null : readCheckpoint(resume, candidate);
  const files = openCheckpointStore(directory);
  let outcome: TrainerOutcome;
  try {
    outcome = await train(prepared, { checkpoint, files, notice, report: (message) => channel.send(message) });
  } finally {
    await files.close();
  }
  const flaw = outcome.status === 'completed' ? await exportModel(prepared, join(directory, 'model')) : null;
  if (flaw !== null) channel.send({ type: 'warning', message: flaw });
  return outcome;
}

interface ReadAhead {
  readonly content: Buffer;
  readonly sha256: string;
}

async function prepareAhead(
  definition: AnyTrial,
  env: TrainerEnvironment,
): Promise<{ prepared: PreparedTrial; candidate: ReadAhead | null }> {
  const trial = readTrialFile(env.trialFile);
  pinEnvironment(trial.environment);
  const backend = await loadBackend();
  const hyperparameters = applyHyperparameters(definition.hyperparameters, trial.hyperparameters);
  const input = { hyperparameters, seed: trial.seed, checkpointSeconds: env.checkpointSeconds };
  const prepared = await prepareTrial(definition, input, backend);
  return { prepared, candidate: readAhead(env.candidate) };
}

export function readTrialFile(path: string | null): TrialFile {
  if (path === null)
    throw new TrainerFailed('ProtocolError', 'TEMPORAL_SWEEP_TRIAL is not set: it must name trial.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as TrialFile;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new TrainerFailed('StorageError', `cannot read ${path}: ${words}`, { cause: error });
  }
}

/** A mere hint: whatever is wrong with it shows when the grant names it. */
export function readAhead(path: string | null): ReadAhead | null {
  if (path === null) return null;
  try {
    const content = readFileSync(path);
    return { content, sha256: sha256Of(content) };
  } catch {
    return null;
  }
}

export function readCheckpoint({ file, sha256 }: ResumePoint, candidate: ReadAhead | null): Buffer {
  if (candidate?.sha256 === sha256) return candidate.content;
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new TrainerFailed('UnusableCheckpoint', `cannot read ${file}: ${words}`, { cause: error });
  }
  if (sha256Of(content) === sha256) return content;
  throw new TrainerFailed('UnusableCheckpoint', `${file} has another sha256 than was granted`);
}

const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** What the user's code throws, in a promise that nobody awaits included, is an outcome. */
async function settle(run: () => Promise<TrainerOutcome | null>): Promise<TrainerOutcome | null> {
  const stray = new Promise<never>((_, reject) => process.once('uncaughtException', reject));
  try {
    return await Promise.race([run(), stray]);
  } catch (error) {
    return toFailure(error);
  }
}

/** When the agent dies, so does the reader of our output; that must not kill the last checkpoint. */
export function tolerateBrokenOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}
