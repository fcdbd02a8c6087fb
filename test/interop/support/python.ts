/** Runs a script of this directory with the Python of `.tools/interop`, which `npm test` installs. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const directory = resolve(import.meta.dirname, '../../../.tools/interop');

export const hasPython = existsSync(resolve(directory, 'installed.json'));

if (!hasPython) console.warn('SKIPPED: .tools/interop is not installed (npm test does it, where Python 3.11 is)');

/** @returns what the script printed, as JSON. */
export async function python(script: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    resolve(directory, 'bin/python'),
    [resolve(import.meta.dirname, script), ...args],
    { maxBuffer: 1 << 26 },
  );
  return JSON.parse(stdout);
}
