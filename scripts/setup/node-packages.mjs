import { join } from 'node:path';
import { readJson } from './files.mjs';
import { say } from './log.mjs';
import { must } from './run.mjs';

/**
 * Does what npm says it installed agree with the lock file? Returns null, or the first difference as words.
 * npm writes its own record last, so an interrupted installation has none.
 */
export function difference(lock, installed) {
  if (!lock?.packages) return 'package-lock.json cannot be read';
  if (!installed?.packages) return 'node_modules is absent or unfinished';
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const found = installed.packages[path];
    if (!found) {
      if (wanted.optional) continue;
      return `${path} is missing`;
    }
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) {
      return `${path} is ${found.version} instead of ${wanted.version}`;
    }
  }
  const extra = Object.keys(installed.packages).find((path) => !(path in lock.packages));
  return extra ? `${extra} is not in package-lock.json` : null;
}

/**
 * `npm ci` without install scripts: the one of tfjs downloads a prebuilt binary from a site that clusters and CI often
 * cannot reach, and the others are not needed.
 */
export async function nodePackages(root) {
  const why = difference(
    readJson(join(root, 'package-lock.json')),
    readJson(join(root, 'node_modules', '.package-lock.json')),
  );
  if (!why) return { did: 'as in package-lock.json' };
  say(`Node packages: ${why}; running npm ci …`);
  await must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root });
  return { did: 'installed by npm ci' };
}
