import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** System administrators' folders: daemons live there, and PATH of an ordinary user often lacks them. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Absolute path of an executable on PATH (or in a folder of system daemons), else null. */
export function which(name, path = process.env.PATH ?? '') {
  for (const folder of [...path.split(delimiter), ...systemFolders]) {
    const file = join(folder || '.', name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not here.
    }
  }
  return null;
}

/**
 * Runs a command to its end and returns `{ code, stdout, stderr, output }`; never throws for an exit code.
 * `show: true` lets a person at a terminal see its progress instead. A command that cannot be started has code 127.
 */
export function run(command, args, { cwd, env, show = false, timeoutSeconds } = {}) {
  const inherit = show && process.stderr.isTTY;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: inherit ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
      ...(timeoutSeconds && { timeout: timeoutSeconds * 1000, killSignal: 'SIGKILL' }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr, output: `${stdout}${stderr}`.trim() }));
  });
}

/** Like `run`, but an exit code other than 0 is an error that quotes the end of what the command said. */
export async function must(command, args, options) {
  const result = await run(command, args, options);
  if (result.code === 0) return result;
  const tail = result.output.split('\n').slice(-12).join('\n');
  throw new Error(`\`${[command, ...args].join(' ')}\` ended with ${result.code}${tail ? `:\n${tail}` : ''}`);
}
