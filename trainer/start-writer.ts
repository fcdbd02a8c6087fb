/** Starts `writer-thread.ts`, compiled or, in a checkout, from its source. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type * as esbuild from 'esbuild';
import type { WriterData } from './writer-thread.ts';

let compiled: URL | null = null;

/** It keeps no process alive by itself. @throws what the system says when there can be no further thread. */
export function startWriter(workerData: WriterData): Worker {
  // Without our own `--import` options: what they load (tfjs, loaders) has no use in this thread.
  const worker = new Worker(findThread(), { workerData, execArgv: [] });
  worker.unref();
  return worker;
}

function findThread(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./writer-thread.js', import.meta.url);
  return (compiled ??= compile(fileURLToPath(new URL('./writer-thread.ts', import.meta.url))));
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
