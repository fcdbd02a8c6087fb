/**
 * `defineTrial` is a script's last word: it trains. The run begins in the next turn of the event loop, when the script
 * has been evaluated to its end, and ends the process. To import a script without training (a test, a tool), set
 * TEMPORAL_SWEEP_IMPORT_ONLY=1.
 */
import type { AnyTrial, Hyperparameters, TrialDefinition } from './definition.ts';
import { readTrainerEnvironment, type TrainerEnvironment } from './environment.ts';
import { latchSignals } from './signal-latch.ts';

let isDefined = false;

/**
 * Trains what the definition describes: by itself with `--name=value` arguments, or, started by an agent, one segment of
 * a trial. Ends the process: 0 completed, 1 failed, 2 wrong arguments, 85 interrupted by SIGUSR1, SIGTERM or SIGINT.
 *
 * @returns the definition, for tests and tools.
 * @throws Error on a second call in one process: a script is one trial.
 */
export function defineTrial<H extends Hyperparameters>(definition: TrialDefinition<H>): TrialDefinition<H> {
  const environment = readTrainerEnvironment();
  if (environment.importOnly) return definition;
  if (isDefined) throw new Error('defineTrial was called twice: a script describes one trial');
  isDefined = true;
  latchSignals();
  setImmediate(() => void run(definition as unknown as AnyTrial, environment).then((code) => process.exit(code)));
  return definition;
}

/** The machinery is imported only by a process that trains. */
async function run(trial: AnyTrial, environment: TrainerEnvironment): Promise<number> {
  if (environment.descriptor === null) {
    const { runAlone } = await import('./run-alone.ts');
    return runAlone(trial, process.argv.slice(2), environment);
  }
  const { runUnderAgent } = await import('./run-under-agent.ts');
  return runUnderAgent(trial, environment.descriptor, environment);
}
