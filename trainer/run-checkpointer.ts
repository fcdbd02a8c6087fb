/**
 * The machinery behind `createCheckpointer`. P3 Nothing is written before the grant. P4 Row, then checkpoint, then the
 * report of both. P5 A checkpoint holds everything tracked, the random generator and the position. P6 See `sequence.ts`.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { compareEnvironments, loadBackend } from './backend.ts';
import { copyCheckpoint, restoreCheckpoint } from './checkpointer-file.ts';
import type { Checkpointer, CheckpointerOptions } from './checkpointer.ts';
import { type EncodedMetrics, encodeMetrics } from './codec.ts';
import type { Widened } from './definition.ts';
import { createDeparture } from './departure.ts';
import { readTrainerEnvironment } from './environment.ts';
import { toFailure, TrainerFailed } from './failure.ts';
import { type Host, openHost } from './host.ts';
import type { Notice } from './notice.ts';
import { createPace } from './pace.ts';
import type { Hyperparameters, TrainerOutcome } from './protocol.ts';
import { createGenerator, permutation, replaceMathRandom } from './random.ts';
import type { Allocate, Copying } from './safetensors.ts';
import { createSaver, type Saver } from './saver.ts';
import { createSequence } from './sequence.ts';
import { toTracked, type Tracked } from './tracked.ts';

const DEFAULT_CHECKPOINT_SECONDS = 30;
const PROGRESS_MILLISECONDS = 200;

export async function openCheckpointer<H extends Hyperparameters>(
  options: CheckpointerOptions<H>,
): Promise<Checkpointer<H>> {
  const env = readTrainerEnvironment();
  const host = openHost(env);
  const leave = async (outcome: TrainerOutcome | null): Promise<never> => process.exit(await host.end(outcome));
  process.once('uncaughtException', (error) => void leave(toFailure(error)));
  // P7: nothing is left to run, and exit code 0 alone means no success. Another code is the script's own word.
  process.once('beforeExit', (code) => void (code === 0 && leave(toFailure(noResult()))));
  const loaded = await attempt(() => host.load(options.hyperparameters), leave);
  if (loaded.kind === 'leave') return process.exit(loaded.code);
  const seconds = env.checkpointSeconds ?? options.checkpointSeconds ?? DEFAULT_CHECKPOINT_SECONDS;
  return build<H>(host, loaded, seconds * 1000, leave);
}

// --- internal ---

async function build<H extends Hyperparameters>(
  host: Host,
  { hyperparameters, seed }: { readonly hyperparameters: Hyperparameters; readonly seed: number },
  checkpointMilliseconds: number,
  leave: (outcome: TrainerOutcome | null) => Promise<never>,
): Promise<Checkpointer<H>> {
  const backend = await loadBackend();
  const { tf, environment } = backend;
  const generator = createGenerator(seed);
  // P5: before any of the user's code goes on, so that initialisers draw from the trial's seed.
  replaceMathRandom(generator);
  const tracked = new Map<string, Tracked>();
  const sequence = createSequence();
  let isBegun = false;
  let saver: Saver | null = null;
  let metrics: EncodedMetrics = {};
  let reportedAt = -Infinity;
  const pace = createPace();
  const departure = createDeparture(host.notice, pace);

  const running = (): Saver => {
    if (saver === null)
      throw new TrainerFailed('TrainerError', 'call `await run.restore()` before step, row and finish');
    return saver;
  };
  const take = (allocate: Allocate): Copying => {
    const state = {
      ...sequence.position(),
      metrics,
      random: generator.state(),
      trial: { seed, hyperparameters },
      environment,
    };
    return copyCheckpoint(state, tracked, allocate);
  };
  const leaveOn = async ({ cause }: Notice): Promise<never> => {
    const { step, epoch, batch } = await running().interrupt();
    return leave({ status: 'interrupted', cause, step, epoch, batch });
  };
  const leaveOnNotice = async (): Promise<void> => {
    const { secure } = running();
    const notice = await departure.check(secure);
    if (notice !== null) await leaveOn(notice);
  };

  return {
    tf,
    hyperparameters: hyperparameters as Widened<H>,
    seed,
    permutation: (epoch, length) => permutation(seed, epoch, length),
    track: (name, thing) => {
      if (isBegun) throw new TrainerFailed('TrainerError', `track("${name}", …) comes after restore()`);
      if (!/^[\w.-]+$/.test(name) || tracked.has(name))
        throw new TrainerFailed(
          'TrainerError',
          `track("${name}", …): a name of letters, digits, "_", "-", ".", used once`,
        );
      tracked.set(name, toTracked(tf, name, thing));
    },
    restore: async () => {
      if (isBegun) throw new TrainerFailed('TrainerError', 'restore() was called twice');
      isBegun = true;
      const begun = await host.begin(environment);
      if (begun === null) return leave(null);
      const warnings = [...backend.warnings];
      if (begun.checkpoint !== null) {
        const state = restoreCheckpoint(begun.checkpoint, { seed, hyperparameters }, tracked);
        // Last: what the script's own `load` functions draw is not to count.
        generator.restore(state.random);
        sequence.begin(state);
        ({ metrics } = state);
        warnings.push(...compareEnvironments(state.environment, environment));
      }
      const { step, epoch, batch } = sequence.position();
      host.report({ type: 'started', step, epoch, batch, warnings });
      saver = createSaver({
        store: begun.files,
        position: () => sequence.position(),
        take,
        notice: { current: departure.due },
        pace,
        report: (message) => host.report(message),
        intervalMilliseconds: checkpointMilliseconds,
      });
      await nextTurn();
      await leaveOnNotice();
      return { step, epoch, batch };
    },
    step: async ({ batches = 0, metrics: shown = {}, ...trained }) => {
      const { interval } = running();
      const { rowIsNext } = sequence.step({ ...trained, batches });
      const { step, epoch, batch } = sequence.position();
      host.reached(step);
      await nextTurn();
      if (performance.now() - reportedAt >= PROGRESS_MILLISECONDS) {
        reportedAt = performance.now();
        host.report({ type: 'progress', step, epoch, batch, batches, metrics: encodeMetrics(shown) });
      }
      if (rowIsNext) return;
      await leaveOnNotice();
      await interval();
    },
    row: async (finished) => {
      const { epoch: save } = running();
      const row = { ...sequence.row(finished), metrics: encodeMetrics(finished.metrics) };
      ({ metrics } = row);
      await save(row, false);
      await nextTurn();
      await leaveOnNotice();
    },
    finish: async (result) => {
      const { final, settled } = running();
      sequence.finish();
      const last = result?.metrics === undefined ? metrics : encodeMetrics(result.metrics);
      const isChanged = JSON.stringify(last) !== JSON.stringify(metrics);
      metrics = last;
      const { step, epoch, batch } = sequence.position();
      const tell = (): void => host.report({ type: 'progress', step, epoch, batch, batches: 0, metrics });
      const cut = isChanged || !(await settled()) ? await final(null, false, tell) : null;
      if (cut !== null) return leaveOn(cut);
      return leave({ status: 'completed', step, epoch, metrics });
    },
  };
}

const noResult = (): TrainerFailed =>
  new TrainerFailed(
    'NoResult',
    'the script came to its end, or waits for what cannot come, without a result: `await run.finish()` must follow the loop',
  );

/** Errors become the outcome: nobody else would hear of them. */
async function attempt<T>(run: () => T, leave: (outcome: TrainerOutcome) => Promise<never>): Promise<T> {
  try {
    return run();
  } catch (error) {
    return leave(toFailure(error));
  }
}
