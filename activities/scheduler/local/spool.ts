/** What a job is launched from: its script and environment as they were at submission, since the originals may change. */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Spool {
  write(jobId: string, script: string, environment: Readonly<Record<string, string>>): Promise<void>;
  script(jobId: string): string;
  environment(jobId: string): Promise<Record<string, string>>;
  /** Directory for the step files of one incarnation. */
  steps(jobId: string, restartCount: number): string;
  forget(jobId: string): Promise<void>;
}

export function createSpool(directory: string): Spool {
  const home = (jobId: string): string => join(directory, 'jobs', jobId);
  const script = (jobId: string): string => join(home(jobId), 'script');
  const environment = (jobId: string): string => join(home(jobId), 'environment.json');
  return {
    async write(jobId, text, variables) {
      await mkdir(home(jobId), { recursive: true, mode: 0o700 });
      await writeFile(script(jobId), text);
      await chmod(script(jobId), 0o700);
      await writeFile(environment(jobId), JSON.stringify(variables), { mode: 0o600 });
    },
    script,
    environment: async (jobId) => JSON.parse(await readFile(environment(jobId), 'utf8')) as Record<string, string>,
    steps: (jobId, restartCount) => join(home(jobId), `steps.${restartCount}`),
    forget: (jobId) => rm(home(jobId), { recursive: true, force: true }),
  };
}
