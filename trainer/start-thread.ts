/** Starts a thread from a file of ours, compiled or, in a checkout, from its source. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type * as esbuild from 'esbuild';

const compiled = new Map<string, URL>();

/**
 * It keeps no process alive by itself.
 * @param name of the file without its extension, relative to `from`: `./writer-thread`.
 * @param from the caller's `import.meta.url`.
 * @throws what the system says when there can be no further thread.
 */
export function startThread(name: string, from: string, workerData: unknown): Worker {
  // Without our own `--import` options: what they load (tfjs, loaders) has no use in a thread.
  const worker = new Worker(findThread(name, from), { workerData, execArgv: [] });
  worker.unref();
  return worker;
}

function findThread(name: string, from: string): URL {
  if (!from.endsWith('.ts')) return new URL(`${name}.js`, from);
  const entry = fileURLToPath(new URL(`${name}.ts`, from));
  const found = compiled.get(entry) ?? compile(entry);
  compiled.set(entry, found);
  return found;
}

/** A thread has no loader of TypeScript that works under tsx and vitest alike. */
function compile(entry: string): URL {
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof esbuild;
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  return new URL(`data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString('base64')}`);
}
