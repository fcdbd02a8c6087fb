import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';
import { writeWhole } from './files.mjs';
import { must } from './run.mjs';

const sources = ['workflows', 'activities', 'workers', 'trainer'];
const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/setup/bundle.mjs'];

const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    : [];

/** Compiles into dist/ when a source, or the list of sources, is newer than the last build. */
export async function build(root) {
  const dist = join(root, 'dist');
  const stamp = join(dist, 'built.json');
  const files = sources.flatMap((folder) => filesBelow(join(root, folder))).filter((file) => file.endsWith('.ts'));
  const inputs = [...files, ...settings.map((name) => join(root, name)).filter((file) => existsSync(file))];
  const state = JSON.stringify(inputs.map((file) => [file.slice(root.length + 1), statSync(file).mtimeMs]));
  const built = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (built === state) return { did: 'dist/ is up to date' };
  await must(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
  });
  removeOrphans(root, dist);
  await bundle(root);
  writeWhole(stamp, state);
  return { did: 'dist/ compiled, what runs on nodes bundled' };
}

/** Removes what was compiled from sources that are gone. The folder itself stays: a running worker may be using it. */
function removeOrphans(root, dist) {
  for (const file of filesBelow(dist)) {
    const output = /^(.*?)\.(?:d\.ts|js\.map|js)$/.exec(file.slice(dist.length + 1));
    if (file.startsWith(join(dist, 'workers', 'bundled'))) continue; // `bundle` cleans up behind itself
    if (output && !existsSync(join(root, `${output[1]}.ts`))) rmSync(file);
  }
}
