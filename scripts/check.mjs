#!/usr/bin/env node
/** The static part of CI, each check whether or not the one before passed: format, lint, types, unused code, package. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checks = [
  ['format', 'prettier', '--check', '--log-level=warn', '.'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['types', 'tsc', '--noEmit'],
  ['unused code', 'knip', '--no-progress'],
  ['package', 'publint', '--strict'],
];

let failed = 0;
for (const [name, program, ...args] of checks) {
  const start = performance.now();
  const { status } = spawnSync(join(root, 'node_modules', '.bin', program), args, { cwd: root, stdio: 'inherit' });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`[check] ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
