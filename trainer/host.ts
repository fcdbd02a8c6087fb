/** Who a script with its own loop runs for: an agent, or, by itself, whoever typed its name. */
import { resolve } from 'node:path';
import { parseArguments } from './arguments.ts';
import type { RecordedEnvironment } from './backend.ts';
import { openCheckpointStore } from './checkpoint-files.ts';
import { decodeMetrics } from './codec.ts';
import { pinEnvironment, type TrainerEnvironment } from './environment.ts';
import { EXIT } from './exit-codes.ts';
import { applyHyperparameters } from './hyperparameters.ts';
import type { Report, Segment } from './loop.ts';
import { createNoticeLatch, type NoticeLatch } from './notice.ts';
import { type Hyperparameters, PROTOCOL_VERSION, type TrainerOutcome } from './protocol.ts';
import { describeInterruption } from './run-alone.ts';
import { openRunDirectory, type RunDirectory } from './run-directory.ts';
import { connectAgent, readAhead, readCheckpoint, readTrialFile, tolerateBrokenOutput } from './run-under-agent.ts';
import { latchSignals } from './signal-latch.ts';
import { openWatcher } from './watch.ts';

export type Begun = Pick<Segment, 'checkpoint' | 'files'>;

export type Loaded =
  | { readonly kind: 'run'; readonly hyperparameters: Hyperparameters; readonly seed: number }
  /** Help was asked for, or the arguments were wrong: said so, and there is nothing to do. */
  | { readonly kind: 'leave'; readonly code: number };

export interface Host {
  readonly notice: NoticeLatch;
  /** Before tfjs is loaded. */
  load(defaults: Hyperparameters): Loaded;
  /** P3: says that the script is ready, and waits; nothing is written before. null: leave, nothing was granted. */
  begin(environment: RecordedEnvironment): Promise<Begun | null>;
  report(message: Report): void;
  /** Called after every batch. */
  reached(step: number): void;
  /** Tells the outcome; null: there is none. @returns the exit code. */
  end(outcome: TrainerOutcome | null): Promise<number>;
}

export const openHost = (env: TrainerEnvironment): Host =>
  env.descriptor === null ? aloneHost(env) : agentHost(env.descriptor, env);

// --- internal ---

function agentHost(descriptor: number, env: TrainerEnvironment): Host {
  tolerateBrokenOutput();
  const notice = createNoticeLatch(latchSignals());
  const { channel, granted } = connectAgent(descriptor, notice);
  // A script that has come to its end must end, as it would without an agent.
  channel.keepAlive(false);
  return {
    notice,
    load: (defaults) => {
      const trial = readTrialFile(env.trialFile);
      pinEnvironment(trial.environment);
      const hyperparameters = applyHyperparameters(defaults, trial.hyperparameters);
      return { kind: 'run', hyperparameters, seed: trial.seed };
    },
    begin: async (environment) => {
      const candidate = readAhead(env.candidate);
      channel.send({ type: 'ready', protocol: PROTOCOL_VERSION, environment });
      channel.keepAlive(true);
      const grant = await granted;
      channel.keepAlive(false);
      if (grant === null) return null;
      const { directory, resume } = grant;
      return {
        checkpoint: resume === null ? null : readCheckpoint(resume, candidate),
        files: openCheckpointStore(directory),
      };
    },
    report: (message) => channel.send(message),
    reached: () => {},
    end: async (outcome) => {
      if (outcome !== null) channel.send({ type: 'outcome', outcome });
      await channel.flushed();
      channel.close();
      return outcome === null ? EXIT.interrupted : EXIT[outcome.status];
    },
  };
}

function aloneHost(env: TrainerEnvironment): Host {
  const notice = createNoticeLatch(latchSignals());
  const watcher = env.watch === null ? null : openWatcher(env.watch, env.hold);
  let directory: string | null = null;
  let hyperparameters: Hyperparameters = {};
  let run: RunDirectory | null = null;
  return {
    notice,
    load: (defaults) => {
      const parsed = parseArguments(defaults, process.argv.slice(2));
      if (parsed.kind === 'help') console.log(parsed.text);
      if (parsed.kind === 'wrong') console.error(parsed.text);
      if (parsed.kind !== 'run') return { kind: 'leave', code: EXIT[parsed.kind === 'help' ? 'completed' : 'usage'] };
      directory = parsed.directory === null ? null : resolve(parsed.directory);
      ({ hyperparameters } = parsed);
      return parsed;
    },
    begin: async (environment) => {
      watcher?.tell({ type: 'ready', protocol: PROTOCOL_VERSION, environment });
      if (directory === null) return { checkpoint: null, files: null };
      run = await openRunDirectory(directory, hyperparameters, watcher?.openStore);
      return run;
    },
    report: (message) => {
      if (message.type === 'row') run?.add(message);
      print(message);
      watcher?.tell(message);
    },
    reached: (step) => watcher?.reached(step, 'batch'),
    end: async (outcome) => {
      if (outcome?.status !== 'failed') await run?.finish();
      if (outcome === null) return EXIT.interrupted;
      watcher?.tell({ type: 'outcome', outcome });
      if (outcome.status === 'interrupted') console.log(describeInterruption(outcome, directory));
      if (outcome.status === 'failed') console.error(`${outcome.type}: ${outcome.message}`);
      return EXIT[outcome.status];
    },
  };
}

function print(message: Report): void {
  if (message.type === 'started') {
    for (const warning of message.warnings) console.error(`warning: ${warning}`);
    const { step, epoch, batch } = message;
    if (step > 0) console.log(`resumed after step ${step}: epoch ${epoch + 1}, batch ${batch}`);
  } else if (message.type === 'row') {
    const metrics = Object.entries(decodeMetrics(message.metrics)).map(([name, value]) => `${name} ${value}`);
    console.log([`epoch ${message.epoch}`, ...metrics].join('  '));
  }
}
