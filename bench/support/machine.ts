/** What a figure depends on: the machine, its load, the versions. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { TestStack } from '../../test/e2e/support/stack.ts';

const run = promisify(execFile);

export async function describeMachine(stack: TestStack): Promise<string> {
  const slurm = await run('scontrol', ['--version'], { env: stack.environment }).then(
    ({ stdout }) => stdout.trim(),
    () => 'no SLURM',
  );
  const temporal = (await stack.temporal('--version')).stdout.trim();
  const sdk = JSON.parse(
    await readFile(new URL('../../node_modules/@temporalio/worker/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  return `${describeComputer()}, SDK ${sdk.version}, ${temporal}, ${slurm}`;
}

/** What is the same for every bench. */
export function describeComputer(): string {
  const cores = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cores.length} cores (${cores[0]?.model.trim()}), ${memory} GB, Node ${process.versions.node}, load ${load()}`;
}

/** The load average of the last minute. */
export const load = (): string => loadavg()[0]!.toFixed(1);
