/** A command of the machine behind a script of ours, first on PATH: counts its calls, and does something more. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findExecutable } from '../../../workers/stack/executables.ts';
import type { TestStack } from './stack.ts';

export interface Wrapped {
  /** To be given to the process that shall meet it. */
  readonly environment: { readonly PATH: string };
  calls(): Promise<number>;
}

/** @param more shell lines after the real command has run; its exit code is `$code`, and stays that of the whole. */
export async function wrap(stack: TestStack, name: string, ...more: string[]): Promise<Wrapped> {
  const directory = join(stack.directory, `wrapped-${name}`);
  const counter = join(directory, 'calls');
  await mkdir(directory, { recursive: true });
  const lines = [
    '#!/bin/bash',
    `echo call >> '${counter}'`,
    `'${findExecutable(name)}' "$@"`,
    'code=$?',
    ...more,
    'exit $code',
  ];
  await writeFile(join(directory, name), `${lines.join('\n')}\n`, { mode: 0o755 });
  return {
    environment: { PATH: `${directory}:${stack.environment['PATH']}` },
    calls: async () => (await readFile(counter, 'utf8').catch(() => '')).split('\n').length - 1,
  };
}
