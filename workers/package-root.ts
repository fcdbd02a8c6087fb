/** Where this package lies: sources and compiled files are at different depths. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with our package.json. @throws Error when there is none above `from`. */
export function packageRoot(from = dirname(fileURLToPath(import.meta.url))): string {
  const manifest = join(from, 'package.json');
  if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"name": "temporal-sweep"')) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('the package.json of temporal-sweep was not found above this file');
  return packageRoot(parent);
}

/** What other processes run is always the compiled file: `compiled('workers/agent')`. */
export const compiled = (name: string): string => join(packageRoot(), 'dist', `${name}.js`);

/** What runs on compute nodes: bundled where the bundle's SDK is the one installed (its native part is not in it), else {@link compiled}. */
export function nodeProgram(name: 'agent' | 'report-end' | 'probe'): string {
  const bundled = join(packageRoot(), 'dist', 'workers', 'bundled');
  try {
    const sdk = createRequire(import.meta.url)('@temporalio/core-bridge/package.json') as { version: string };
    const { version } = JSON.parse(readFileSync(join(bundled, 'sdk.json'), 'utf8')) as { version: string };
    if (version === sdk.version) return join(bundled, `${name}.js`);
  } catch {
    // Not bundled.
  }
  return compiled(`workers/${name}`);
}
