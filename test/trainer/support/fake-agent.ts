/** An agent without Temporal: spawns a trainer on a socket pair, grants, listens, interrupts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { createLineSplitter } from '../../../trainer/channel.ts';
import type {
  FromTrainer,
  Hyperparameters,
  NoticeCause,
  ResumePoint,
  ToTrainer,
  TrainerOutcome,
} from '../../../trainer/protocol.ts';
import { findResumePoint } from '../../../trainer/restore.ts';
import { writeResumeFile } from '../../../trainer/resume-file.ts';

export const FIXTURE = resolve(import.meta.dirname, '../fixtures/trial.ts');

export interface TestTrial {
  readonly directory: string;
  readonly segments: string;
  readonly trialFile: string;
  /** Number of the newest segment. */
  newest: number;
}

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Its directory is removed at the end of the test file. */
export function createTrial(hyperparameters: Hyperparameters, seed = 7): TestTrial {
  const directory = mkdtempSync(join(tmpdir(), 'trainer-'));
  directories.push(directory);
  const trialFile = join(directory, 'trial.json');
  mkdirSync(join(directory, 'segments'));
  writeFileSync(trialFile, JSON.stringify({ number: 1, hyperparameters, seed, environment: {} }));
  return { directory, segments: join(directory, 'segments'), trialFile, newest: 0 };
}

export interface TrainerProcess {
  readonly child: ChildProcess;
  readonly messages: FromTrainer[];
  readonly output: () => string;
  /** Resolves when a message of the type has come; rejects when the process ends before. */
  message<T extends FromTrainer['type']>(type: T): Promise<Extract<FromTrainer, { type: T }>>;
  send(message: ToTrainer): void;
  sendRaw(text: string): void;
  /** Closes the agent's end, as its death does. */
  hangUp(): void;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
}

export function startTrainer(trial: TestTrial, env: Record<string, string> = {}, script = FIXTURE): TrainerProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, TEMPORAL_SWEEP_FD: '3', TEMPORAL_SWEEP_TRIAL: trial.trialFile, ...env },
  });
  const socket = child.stdio[3] as Duplex;
  const messages: FromTrainer[] = [];
  const waiting: { type: string; resolve: (message: never) => void; reject: (error: Error) => void }[] = [];
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const splitter = createLineSplitter();
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    for (const line of splitter(chunk.toString())) {
      const message = JSON.parse(line) as FromTrainer;
      messages.push(message);
      for (const wait of waiting) if (wait.type === message.type) wait.resolve(message as never);
    }
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((done) =>
    child.once('close', (code, signal) => {
      for (const wait of waiting)
        wait.reject(new Error(`the trainer ended (${code ?? signal}) before ${wait.type}:\n${output}`));
      done({ code, signal });
    }),
  );
  return {
    child,
    messages,
    output: () => output,
    message: (type) => {
      const found = messages.find((message) => message.type === type);
      if (found !== undefined) return Promise.resolve(found as never);
      return new Promise((resolve, reject) => waiting.push({ type, resolve, reject }));
    },
    send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    sendRaw: (text) => void socket.write(text),
    hangUp: () => socket.destroy(),
    exited,
  };
}

/** Makes the next segment's directory with its resume.json. */
export async function openSegment(
  trial: TestTrial,
): Promise<{ grant: ToTrainer & { type: 'grant' }; resume: ResumePoint | null }> {
  const { point } = await findResumePoint(trial.segments, trial.newest);
  const segment = ++trial.newest;
  const directory = join(trial.segments, String(segment));
  mkdirSync(directory);
  writeResumeFile(trial.segments, segment, point);
  return { grant: { type: 'grant', segment, directory, resume: point }, resume: point };
}

export interface Cut {
  /** Step during which to strike, or `evaluation`. */
  readonly at: number | 'evaluation';
  readonly by: 'SIGKILL' | 'SIGTERM' | 'SIGUSR1' | 'notice' | 'hang up';
  readonly cause?: NoticeCause;
  /** Of the notice, milliseconds since the epoch. Default: not known. */
  readonly deadline?: number;
  /** A second notice behind the first. */
  readonly next?: NoticeCause;
}

/** One segment, struck exactly at the cut, or run to its end. */
export async function runSegment(
  trial: TestTrial,
  cut: Cut | null,
  env: Record<string, string> = {},
  script = FIXTURE,
) {
  const holdFile = join(trial.directory, `hold-${trial.newest + 1}`);
  const candidate = (await findResumePoint(trial.segments, trial.newest)).point?.file;
  const variables = {
    ...(cut === null ? {} : { TEST_HOLD: String(cut.at), TEST_HOLD_FILE: holdFile }),
    ...(candidate === undefined ? {} : { TEMPORAL_SWEEP_CANDIDATE: candidate }),
    ...env,
  };
  const process = startTrainer(trial, variables, script);
  await process.message('ready');
  const { grant, resume } = await openSegment(trial);
  process.send(grant);
  if (cut !== null) {
    await until(() => process.output().includes(`held ${cut.at}`) || process.child.exitCode !== null);
    if (cut.by === 'notice') {
      process.send({ type: 'notice', cause: cut.cause ?? 'pause', deadline: cut.deadline ?? null });
      if (cut.next !== undefined) process.send({ type: 'notice', cause: cut.next, deadline: null });
    } else if (cut.by === 'hang up') process.hangUp();
    else process.child.kill(cut.by);
    writeFileSync(holdFile, '');
  }
  const { code, signal } = await process.exited;
  const last = process.messages.at(-1);
  const outcome: TrainerOutcome | null = last?.type === 'outcome' ? last.outcome : null;
  return { code, signal, outcome, resume, messages: process.messages, output: process.output() };
}

/** The newest checkpoint's bytes, header included: weights, slots, generator, sums, position. */
export async function finalCheckpoint(trial: TestTrial): Promise<Buffer> {
  const { point } = await findResumePoint(trial.segments, trial.newest);
  return readFileSync(point!.file);
}

export const hasNativeBackend = existsSync(
  resolve(import.meta.dirname, '../../../node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node'),
);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 5));
}
