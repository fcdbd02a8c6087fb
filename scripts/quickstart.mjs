#!/usr/bin/env node
/** `npm run quickstart`: set-up, then the compiled program. Works as the first command on a fresh clone. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot, setup } from './setup.mjs';

try {
  const { slurm } = await setup();
  const given = process.argv.slice(2);
  const scheduler = given.some((word) => word.startsWith('--scheduler'))
    ? []
    : ['--scheduler', slurm ? 'slurm' : 'local'];
  const program = join(projectRoot, 'dist', 'workers', 'quickstart.js');
  const child = spawn(process.execPath, [program, ...scheduler, ...given], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  // A Ctrl-C reaches the program by itself; it stops all that it started.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => (process.exitCode = code ?? 1));
} catch (error) {
  console.error(`[setup] ${error.message}`);
  process.exitCode = 1;
}
