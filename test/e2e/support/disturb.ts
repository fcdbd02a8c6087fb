/** What takes a node, or a life, away from a trial. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TrialStatus } from '../../../workflows/messages.ts';
import { environmentOf } from '../../../workers/stack/process-table.ts';
import { jobProcesses } from './processes.ts';
import type { TestStack } from './stack.ts';

const run = promisify(execFile);

/** A job of the high partition that wants the whole of one node, for some seconds. Returns its job id. */
export async function preempt(stack: TestStack, node: string, seconds = 3): Promise<string> {
  const directory = join(stack.directory, 'intruders');
  await mkdir(directory, { recursive: true });
  const script = join(directory, 'intruder.sh');
  await writeFile(script, `#!/bin/bash\nsleep ${seconds}\n`, { mode: 0o700 });
  const result = await stack.scheduler.submit({
    name: 'intruder',
    script,
    directory,
    output: join(directory, 'output.log'),
    options: { partition: 'high', nodelist: node, nodes: '1', ntasks: '2', exclusive: true },
    leadSeconds: 1,
  });
  if (result.kind !== 'submitted') throw new Error(result.message);
  return result.jobId;
}

/** `scancel <args>` of the stack's own SLURM. */
export const scancel = async (stack: TestStack, ...args: string[]): Promise<void> =>
  void (await run('scancel', args, { env: stack.environment }));

/** The process in the trial's job that runs `program`, not its agent. */
export function trainerPid(stack: TestStack, status: TrialStatus, program: string): number {
  const mine = jobProcesses(stack.directory).find(
    ({ pid, command }) => command.includes(program) && environmentOf(pid).get('SLURM_JOB_ID') === status.jobId,
  );
  if (mine === undefined) throw new Error(`job ${status.jobId} has no process that runs ${program}`);
  return mine.pid;
}
