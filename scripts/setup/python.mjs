/**
 * Python packages that our files and figures are compared with, each set in a virtual environment of its own in .tools.
 * They are a luxury: where Python or the package index is not there, what needs them is skipped.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeWhole } from './files.mjs';
import { withLock } from './lock.mjs';
import { run, which } from './run.mjs';

/**
 * Installs pinned `requirements` into `.tools/<name>`, unless they are there. Returns `{ did, python }`: a sentence, and
 * the path of the interpreter, or null when it cannot be had within `timeoutSeconds` per command. Never throws.
 */
export async function pythonPackages(tools, name, requirements, { timeoutSeconds = 120 } = {}) {
  const directory = join(tools, name);
  const python = join(directory, 'bin', 'python');
  const list = requirements.join(' ');
  const isThere = () => readJson(join(directory, 'installed.json'))?.requirements === list;
  if (isThere()) return { did: `${list} in .tools/${name}`, python };
  try {
    await withLock(tools, async () => {
      if (!isThere()) await install(directory, python, requirements, timeoutSeconds);
    });
    return { did: `installed ${list} into .tools/${name}`, python };
  } catch (error) {
    return { did: `SKIPPED what needs .tools/${name}: ${error.message}`, python: null };
  }
}

async function install(directory, python, requirements, timeoutSeconds) {
  const host = ['python3', 'python'].find((name) => which(name));
  if (!host) throw new Error('there is no Python on PATH');
  rmSync(directory, { recursive: true, force: true });
  // Without a pip of its own, which Debian packs apart and which would take two seconds more.
  await attempt(host, ['-m', 'venv', '--without-pip', directory], timeoutSeconds);
  const pip = ['-m', 'pip', '--python', python, 'install', '--quiet', '--only-binary=:all:'];
  const patience = ['--disable-pip-version-check', '--no-input', '--timeout', '10', '--retries', '1'];
  await attempt(host, [...pip, ...patience, ...requirements], timeoutSeconds);
  writeWhole(join(directory, 'installed.json'), `${JSON.stringify({ requirements: requirements.join(' ') })}\n`);
}

async function attempt(command, args, timeoutSeconds) {
  const { code, output } = await run(command, args, { timeoutSeconds });
  if (code === 0) return;
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const complaint = lines.findLast((line) => line.startsWith('ERROR:')) ?? lines.at(-1) ?? '';
  throw new Error(`\`${command} ${args.slice(0, 2).join(' ')}\` ended with ${code}: ${complaint.trim()}`);
}
