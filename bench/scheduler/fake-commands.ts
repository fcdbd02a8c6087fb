/** SLURM's commands as small programs on a PATH of their own. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeCommands {
  readonly directory: string;
  readonly environment: { readonly PATH: string };
  /** @param script what `/bin/sh` does when `name` is called in `directory` */
  command(name: string, script: string): Promise<void>;
  close(): Promise<void>;
}

export async function openFakeCommands(): Promise<FakeCommands> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-scheduler-'));
  return {
    directory,
    environment: { PATH: `${directory}:/usr/bin:/bin` },
    command: async (name, script) => {
      await writeFile(join(directory, name), `#!/bin/sh\ncd '${directory}'\n${script}\n`);
      await chmod(join(directory, name), 0o700);
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

export const squeueLine = (jobId: number, name: string, state = 'RUNNING'): string =>
  `${jobId}|${state}|0|1795510401|1827046401|n${jobId % 100}|0|None|${name}|\n`;
