#!/usr/bin/env node
/** `npm test`: set-up, then vitest with the arguments given. The exit code is vitest's. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot, setup } from './setup.mjs';
import { step } from './setup/log.mjs';
import { pythonPackages } from './setup/python.mjs';
import { accounting } from './setup/slurm.mjs';
import { INTEROP } from './setup/versions.mjs';

try {
  const { slurm } = await setup();
  if (slurm) await step('SLURM accounting', accounting);
  await step('Python', () => pythonPackages(join(projectRoot, '.tools'), 'interop', INTEROP));
  const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  // A Ctrl-C reaches vitest by itself; it decides when to end.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => (process.exitCode = code ?? 1));
} catch (error) {
  console.error(`[setup] ${error.message}`);
  process.exitCode = 1;
}
