/**
 * The step launcher: what srun is to SLURM. It runs its arguments in a process group of their own and names that group to
 * the scheduler by a file, so that a preemption reaches the step and not the batch shell.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Directory in which the launcher leaves an empty file per step, named after its process group. */
export const STEPS = 'TEMPORAL_SWEEP_LOCAL_STEPS';

const LAUNCHER = `#!/bin/bash
# Job control gives the background command a process group of its own, without a terminal too.
set -m
"$@" < /dev/null &
step=$!
: > "$${STEPS}/$step"
trap 'woken=1' TERM USR1
while woken=; wait "$step"; code=$?; [ -n "$woken" ]; do :; done
command -p rm -f -- "$${STEPS}/$step"
exit "$code"
`;

/** @returns the launcher's absolute path. */
export async function writeLauncher(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'step');
  await writeFile(path, LAUNCHER);
  await chmod(path, 0o700);
  return path;
}
