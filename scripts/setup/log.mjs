/** One line per step: what was done and how long it took. */

const prefix = '[setup]';

export const say = (line) => console.error(`${prefix} ${line}`);

export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(milliseconds < 100 ? 2 : 1)} s`;

/**
 * Runs a step and prints the sentence that it returns as `did`, with the time that it took. Returns the step's result.
 * An error passes through with the step's name in front of it.
 */
export async function step(name, run) {
  const start = performance.now();
  try {
    const result = await run();
    say(`${name}: ${result.did} (${seconds(performance.now() - start)})`);
    return result;
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
}
