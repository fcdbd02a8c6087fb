/** Node's loader hooks behind `typescript.ts`; they run in a thread of their own. Compiled once per content, kept in the user's cache. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { LoadHook, ResolveHook } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A change of how files are compiled needs another one. */
const GENERATION = 1;
const TYPESCRIPT = /\.m?ts$/;

export const resolve: ResolveHook = async (specifier, context, next) => {
  try {
    return await next(specifier, context);
  } catch (error) {
    const other = specifier.replace(/\.(m?)js$/, '.$1ts');
    if (other === specifier || !/^\.{1,2}\/|^\/|^file:/.test(specifier)) throw error;
    return await next(other, context);
  }
};

export const load: LoadHook = async (url, context, next) => {
  const [address = ''] = url.split('?');
  if (!address.startsWith('file:') || !TYPESCRIPT.test(address)) return next(url, context);
  return { format: 'module', shortCircuit: true, source: await compiled(fileURLToPath(address)) };
};

async function compiled(file: string): Promise<string> {
  const source = readFileSync(file, 'utf8');
  const name = createHash('sha256')
    .update(JSON.stringify([GENERATION, file, source]))
    .digest('hex');
  const directory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'temporal-sweep', 'typescript');
  const kept = join(directory, `${name}.mjs`);
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const { transform } = await import('esbuild');
    const { code } = await transform(source, {
      loader: 'ts',
      format: 'esm',
      target: 'node20',
      sourcefile: file,
      sourcemap: 'inline',
    });
    keep(directory, kept, code);
    return code;
  }
}

/** Whole or not at all, however many trials start at once; a cache that cannot be written costs only time. */
function keep(directory: string, file: string, code: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const own = `${file}.${process.pid}`;
    writeFileSync(own, code, { mode: 0o600 });
    renameSync(own, file);
  } catch {
    // Compiled again next time.
  }
}
