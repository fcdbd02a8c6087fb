/** Where this package lies: sources and compiled files are at different depths. */
import { existsSync, readFileSync } from 'node:fs';
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
