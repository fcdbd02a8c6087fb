#!/usr/bin/env node
/**
 * Makes a fresh clone able to run everything: Node packages, Temporal CLI, libtensorflow with its addon, SLURM's
 * programs, dist/. Plain Node, no dependencies; each step does nothing when its result is there.
 * All of it lands in node_modules/, .tools/ and dist/, except Debian packages, which TEMPORAL_SWEEP_NO_INSTALL=1 refuses.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { backend } from './setup/backend.mjs';
import { build } from './setup/build.mjs';
import { withLock } from './setup/lock.mjs';
import { say, seconds, step } from './setup/log.mjs';
import { nodePackages } from './setup/node-packages.mjs';
import { slurm } from './setup/slurm.mjs';
import { temporalCli } from './setup/temporal-cli.mjs';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Runs every step. Options: `wheel`, the path of a TensorFlow wheel for sites without a network; `slurm: false`, do
 * not install SLURM; `build: false`, do not compile. Returns `{ temporal: path | null, slurm: boolean, backend: string }`.
 * Throws only for what nothing can stand in for: Node packages and the compiler's errors.
 */
export async function setup({ wheel, slurm: wanted = true, build: compile = true, root = projectRoot } = {}) {
  const start = performance.now();
  const tools = join(root, '.tools');
  const result = await withLock(tools, async () => {
    const packages = step('Node packages', () => nodePackages(root));
    // Waited for below, together with the rest; a rejection must not go unheard before that.
    packages.catch(() => {});
    const built = packages.then(() => (compile ? step('build', () => build(root)) : null));
    const parts = await Promise.allSettled([
      built,
      step('Temporal CLI', () => temporalCli(tools)),
      step('SLURM', () => slurm({ wanted })),
      backend(root, tools, packages, { wheel }),
    ]);
    const failed = parts.find((part) => part.status === 'rejected');
    if (failed) throw failed.reason;
    const [, temporal, cluster, training] = parts.map((part) => part.value);
    return { temporal: temporal.path, slurm: cluster.slurm, backend: training.backend };
  });
  say(`done in ${seconds(performance.now() - start)}`);
  return result;
}

async function main() {
  const { values } = parseArgs({
    options: { wheel: { type: 'string' }, 'no-slurm': { type: 'boolean' }, 'no-build': { type: 'boolean' } },
  });
  await setup({ wheel: values.wheel && resolve(values.wheel), slurm: !values['no-slurm'], build: !values['no-build'] });
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    say(error.message);
    process.exitCode = 1;
  });
}
