/** The trainer's command line, with what Node needs put behind `node`. */
import { basename } from 'node:path';

/**
 * The signal handlers of the trainer come first: a Node process without them opens its inspector on SIGUSR1 (P14).
 * TypeScript goes through tsx, since Node 20 cannot read it.
 */
export function withNodeOptions(command: readonly string[], signalsUrl: string, tsxUrl: string): string[] {
  const at = command.findIndex((word) => basename(word) === 'node');
  if (at < 0) return [...command];
  const typescript = command.slice(at + 1).some((word) => /\.[mc]?ts$/.test(word));
  const options = ['--import', signalsUrl, ...(typescript ? ['--import', tsxUrl] : [])];
  // The very Node that runs the agent, whatever launch.sh did to PATH: the addon was built for it.
  const node = command[at] === 'node' && (at === 0 || basename(command[0]!) === 'env') ? process.execPath : command[at]!;
  const before = command[at] === 'node' && basename(command[0]!) === 'env' && at === 1 ? [] : command.slice(0, at);
  return [...before, node, ...options, ...command.slice(at + 1)];
}
