/** One process of the user's script: watched, struck at one batch, or left alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import type { TrainerOutcome } from '../../trainer/protocol.ts';
import { type FromWatched, type Hold, WATCH } from '../../trainer/watch.ts';
import { type PlannedStrike, signalAt } from './strikes.ts';
import type { Strike } from './verdict.ts';

export interface SegmentEnd {
  /** What the script said before its outcome; without `ready` it never called defineTrial. */
  readonly messages: readonly FromWatched[];
  readonly outcome: TrainerOutcome | null;
  /** What came, and where in truth; null: the script never got there. */
  readonly struck: Strike | null;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of stdout and stderr. */
  readonly output: string;
  /** From `started` to the exit. Milliseconds. */
  readonly milliseconds: number;
}

export interface SegmentInput {
  readonly command: readonly string[];
  /** In which it starts. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly strike: PlannedStrike | null;
  /** Steps of the whole training. */
  readonly steps: number;
  /** Kills the process. */
  readonly abort: AbortSignal;
  /** Called with each message; `false` kills the process. */
  readonly accept: (message: FromWatched) => boolean;
}

const OUTPUT = 4_000;

/** @throws the abort's reason, and Error when the process cannot be started. */
export async function runSegment(input: SegmentInput): Promise<SegmentEnd> {
  const { command, directory, environment, strike, steps, abort, accept } = input;
  abort.throwIfAborted();
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: directory,
    env: watched(environment, strike),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  abort.addEventListener('abort', kill);
  const messages: FromWatched[] = [];
  let outcome: TrainerOutcome | null = null;
  let struck: Strike | null = null;
  let startedAt = performance.now();
  const channel = child.stdio[3] as Duplex;
  channel.on('error', () => {}); // killed with words unread
  const lines = createInterface({ input: channel });
  lines.on('error', () => {});
  lines.on('line', (line) => {
    const message = JSON.parse(line) as FromWatched;
    messages.push(message);
    if (message.type === 'started') startedAt = performance.now();
    if (message.type === 'outcome') outcome = message.outcome;
    if (!accept(message)) return kill();
    if (message.type !== 'held' || strike === null) return;
    const { step, place } = message;
    struck = { signal: signalAt(strike, step, steps), step, place };
    child.kill(struck.signal);
    channel.write('\n');
  });
  const output = collect(child);
  try {
    const { code, signal } = await ended(child);
    abort.throwIfAborted();
    return { messages, outcome, struck, code, signal, output: output(), milliseconds: performance.now() - startedAt };
  } finally {
    abort.removeEventListener('abort', kill);
  }
}

// --- internal ---

/** Not the variables of an agent in whose job we may run. */
function watched(environment: NodeJS.ProcessEnv, strike: PlannedStrike | null): NodeJS.ProcessEnv {
  const foreign = ['TEMPORAL_SWEEP_FD', 'TEMPORAL_SWEEP_TRIAL', 'TEMPORAL_SWEEP_CANDIDATE', WATCH.hold];
  const own = Object.entries(environment).filter(([name]) => !foreign.includes(name));
  if (strike === null) return { ...Object.fromEntries(own), [WATCH.descriptor]: '3' };
  const { place, step, nth } = strike;
  const hold = { [WATCH.hold]: JSON.stringify({ place, step, nth } satisfies Hold) };
  return { ...Object.fromEntries(own), ...hold, [WATCH.descriptor]: '3' };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  const add = (chunk: Buffer): void => void (text = (text + chunk.toString()).slice(-OUTPUT));
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => text.trim();
}

const ended = (child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
