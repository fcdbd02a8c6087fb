/** The trainer's command line, with what Node needs put behind `node`. Other programs stay as they are. */
import { basename } from 'node:path';

/** Modules that a trainer's Node imports before the script, as URLs. */
export interface TrainerModules {
  /** First of all: a Node process without these handlers opens its inspector on SIGUSR1 (P14). */
  readonly signals: string;
  /** Before a loader stands, which would slow the loading of tfjs. */
  readonly preload: string;
  /** The loader for TypeScript: Node 20 cannot read it. */
  readonly tsx: string;
}

export function withNodeOptions(command: readonly string[], modules: TrainerModules): string[] {
  const at = command.findIndex((word) => basename(word) === 'node');
  if (at < 0) return [...command];
  const rest = command.slice(at + 1);
  const typescript = rest.some((word) => /\.[mc]?ts$/.test(word));
  const imports = typescript ? [modules.signals, modules.preload, modules.tsx] : [modules.signals];
  // The very Node that runs the agent, whatever launch.sh did to PATH: the addon was built for it.
  const node = at === 0 && command[0] === 'node' ? [process.execPath] : command.slice(0, at + 1);
  return [...node, ...imports.flatMap((url) => ['--import', url]), ...rest];
}
