/** A directory with the files that sweeps of these tests name, and short ways to read a sweep in it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { readSweep, type ReadSweepResult } from '../../../activities/sweep-config/read.ts';
import type { ResolvedSweep } from '../../../activities/sweep-config/resolved-sweep.ts';

export const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run-1' };

export function sweepDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'sweep-config-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  for (const name of ['train.py', 'train.ts', 'launch.sh']) writeFileSync(join(directory, name), '');
  const write = (text: string | Uint8Array, name = 'sweep.yaml'): string => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return name;
  };
  const read = (text: string | Uint8Array, strict = false): ReadSweepResult =>
    readSweep(write(text), { identity, baseDirectory: directory, allowInline: false, strict });
  const short = (text: string): string => text.replaceAll(`${directory}/`, '');
  return {
    directory,
    write,
    read,
    inline: (source: unknown, allowInline = false) =>
      readSweep(source, { identity, baseDirectory: directory, allowInline }),
    /** @throws with the problems. */
    resolve: (text: string): ResolvedSweep => {
      const result = read(text);
      if (!result.ok) throw new Error(result.problems.map((problem) => problem.text).join('\n'));
      return result.sweep;
    },
    /** Texts of the problems, without the file's directory. */
    complain: (text: string | Uint8Array, strict = false): string[] => {
      const result = read(text, strict);
      return result.ok ? [] : result.problems.map((problem) => short(problem.text));
    },
    warn: (text: string): string[] => read(text).warnings.map(short),
  };
}

/** A whole sweep.yaml around these parameters, in flow or block style. */
export const around = (parameters: string, method = 'random'): string =>
  `program: train.py\nmethod: ${method}\nparameters: ${parameters}\n`;
