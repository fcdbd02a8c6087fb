/** W&B's command template and its macros: hyperparameters to the command line of a trainer. Never through a shell (P14). */
import { extname } from 'node:path';
import type { Hyperparameters, Json } from '../../workflows/messages.ts';
import { pythonJson, pythonRepr, pythonText } from './python.ts';
import type { ResolvedSweep } from './resolved-sweep.ts';
import { NESTED } from './space.ts';

/** What stands for the command when sweep.yaml has none. */
export const DEFAULT_COMMAND: readonly string[] = ['${env}', '${interpreter}', '${program}', '${args}'];

const JSON_FILE = '${args_json_file}';
const ENVIRONMENT_MACRO = /\$\{envvar:([A-Z0-9_]*)\}/g;

type Macro = (context: Context) => readonly string[];
interface Context {
  readonly sweep: ResolvedSweep;
  /** Sorted by name. */
  readonly arguments: readonly { readonly name: string; readonly value: Json; readonly text: string }[];
  readonly json: string;
  readonly surroundings: CommandSurroundings;
}

export interface CommandSurroundings {
  /** For `${envvar:NAME}`; a variable that is not set becomes its own name, as at W&B. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** For `${args_json_file}`: the path of a file that holds {@link argumentsJson}. */
  readonly argumentsFile?: string;
}

const MACROS: Readonly<Record<string, Macro>> = {
  '${env}': () => ['/usr/bin/env'],
  '${interpreter}': ({ sweep }) => interpreterOf(sweep.program ?? ''),
  '${program}': ({ sweep }) => (sweep.program === null ? [] : [sweep.program]),
  '${args}': (context) => context.arguments.map(({ name, text }) => `--${name}=${text}`),
  '${args_no_equals}': (context) => context.arguments.flatMap(({ name, text }) => [`--${name}`, text]),
  '${args_no_hyphens}': (context) => context.arguments.map(({ name, text }) => `${name}=${text}`),
  '${args_no_boolean_flags}': (context) =>
    context.arguments.flatMap(({ name, value, text }) => {
      if (typeof value !== 'boolean') return [`--${name}=${text}`];
      return value ? [`--${name}`] : [];
    }),
  '${args_append_hydra}': (context) => context.arguments.map(({ name, text }) => `+${name}=${text}`),
  '${args_override_hydra}': (context) => context.arguments.map(({ name, text }) => `++${name}=${text}`),
  '${args_json}': (context) => [context.json],
  [JSON_FILE]: ({ surroundings: { argumentsFile } }) => {
    if (argumentsFile === undefined) throw new Error(`no file was given for ${JSON_FILE}`);
    return [argumentsFile];
  },
};

export const MACRO_NAMES: readonly string[] = [...Object.keys(MACROS), '${envvar:NAME}'];

/** Known macros, and text without any; `${envvar:NAME}` may stand anywhere in an item. */
export const isKnownItem = (item: string): boolean =>
  Object.hasOwn(MACROS, item) || !/^\$\{[^}]*\}$/.test(item.replaceAll(ENVIRONMENT_MACRO, ''));

/** W&B means python; here the program's extension decides. Empty: the program is executed itself. */
export function interpreterOf(program: string): readonly string[] {
  switch (extname(program)) {
    case '.ts':
    case '.mts':
    case '.cts':
    case '.js':
    case '.mjs':
    case '.cjs':
      return ['node'];
    case '.py':
      return ['python3'];
    case '.sh':
      return ['bash'];
    default:
      return [];
  }
}

/** Variables that the command line takes from the environment, each once. */
export const environmentNames = ({ command }: Pick<ResolvedSweep, 'command'>): string[] => [
  ...new Set(command.flatMap((item) => [...item.matchAll(ENVIRONMENT_MACRO)].map(([, name]) => name!))),
];

/** True when a trial's command line names a file with its {@link argumentsJson}. */
export const needsArgumentsFile = (sweep: ResolvedSweep): boolean => sweep.command.includes(JSON_FILE);

/** A trial's hyperparameters as Python's `json.dumps` writes them, sorted by name. */
export function argumentsJson(sweep: ResolvedSweep, hyperparameters: Hyperparameters): string {
  const { isFloat, typed } = floatsOf(sweep);
  const entries = Object.keys(hyperparameters)
    .sort()
    .map((name) => `${pythonJson(name, isFloat)}: ${pythonJson(hyperparameters[name]!, typed(name))}`);
  return `{${entries.join(', ')}}`;
}

/**
 * The command line of one trial: `[file, ...arguments]`. Begins with `node` where the program is a script for Node and
 * the template begins with `${interpreter}` or with `${env}, ${interpreter}`.
 * @throws Error if the template has a macro for which the surroundings have nothing.
 */
export function renderCommand(
  sweep: ResolvedSweep,
  hyperparameters: Hyperparameters,
  surroundings: CommandSurroundings = {},
): string[] {
  const { isFloat, typed } = floatsOf(sweep);
  const context: Context = {
    sweep,
    surroundings,
    arguments: Object.keys(hyperparameters)
      .sort()
      .map((name) => {
        const value = hyperparameters[name]!;
        const text =
          typeof value === 'object' && value !== null
            ? pythonRepr(value, typed(name))
            : pythonText(value, isFloat(name));
        return { name, value, text };
      }),
    json: argumentsJson(sweep, hyperparameters),
  };
  return sweep.command.flatMap((item, index) => {
    // `/usr/bin/env node` and `node` are the same look-up; without it the agent sees which interpreter it starts.
    if (item === '${env}' && sweep.command[index + 1] === '${interpreter}') return [];
    const macro = Object.hasOwn(MACROS, item) ? MACROS[item] : undefined;
    if (macro !== undefined) return macro(context);
    return item.replaceAll(ENVIRONMENT_MACRO, (_, name: string) => {
      const { environment } = surroundings;
      if (environment === undefined) throw new Error(`no environment was given for \${envvar:${name}}`);
      return environment[name] ?? name;
    });
  });
}

function floatsOf(sweep: ResolvedSweep) {
  const floats = new Set(sweep.floats);
  const isFloat = (path: string): boolean => floats.has(path);
  // A mapping is a group of nested parameters, each with a type of its own, or one constant with one type.
  const typed =
    (name: string) =>
    (path: string): boolean =>
      isFloat(name) || isFloat(path === '' ? name : name + NESTED + path);
  return { isFloat, typed };
}
