/** The trainer's command line, with what Node needs put behind `node`. Other programs stay as they are. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';

/** Modules that a trainer's Node imports before the script, as URLs. */
export interface TrainerModules {
  /** First of all: a Node process without these handlers opens its inspector on SIGUSR1 (P14). */
  readonly signals: string;
  /** Before a loader stands, which would slow the loading of tfjs. */
  readonly preload: string;
  /** The loader for ES modules in TypeScript: Node 20 cannot read them. */
  readonly typescript: string;
  /** The loader for TypeScript of any kind, and the slower one. */
  readonly tsx: string;
}

/** @param directory in which the trainer starts. */
export function withNodeOptions(command: readonly string[], directory: string, modules: TrainerModules): string[] {
  const at = command.findIndex((word) => basename(word) === 'node');
  if (at < 0) return [...command];
  const rest = command.slice(at + 1);
  const program = rest.find((word) => /\.[mc]?ts$/.test(word));
  const imports = [modules.signals];
  if (program !== undefined) {
    const simple = isModule(resolve(directory, program)) && !rest.includes('tsx');
    imports.push(modules.preload, simple ? modules.typescript : modules.tsx);
  }
  // The very Node that runs the agent, whatever launch.sh did to PATH: the addon was built for it.
  const node = at === 0 && command[0] === 'node' ? [process.execPath] : command.slice(0, at + 1);
  return [...node, ...imports.flatMap((url) => ['--import', url]), ...rest];
}

/** Settings that change what TypeScript compiles to, or how modules are found: tsx reads them, our loader does not. */
const SETTINGS = /"(paths|baseUrl|extends|experimentalDecorators|useDefineForClassFields)"/;

/** An ES module by Node's own rules, in a project without such settings. */
function isModule(file: string): boolean {
  if (extname(file) === '.cts') return false;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    const settings = join(folder, 'tsconfig.json');
    if (existsSync(settings) && SETTINGS.test(readFileSync(settings, 'utf8'))) return false;
    if (existsSync(manifest))
      return extname(file) === '.mts' || /"type"\s*:\s*"module"/.test(readFileSync(manifest, 'utf8'));
    if (folder === dirname(folder)) return extname(file) === '.mts';
  }
}
