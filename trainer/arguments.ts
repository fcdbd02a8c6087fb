/** The command line of a script that runs by itself: `--name=value` or `--name value`, as W&B's agent writes it. */
import { applyHyperparameters, kindOf, WrongHyperparameter } from './hyperparameters.ts';
import type { Hyperparameter, Hyperparameters } from './protocol.ts';

export interface AloneArguments {
  readonly hyperparameters: Hyperparameters;
  /** Where checkpoints and rows go, and where a resume looks; null: no files at all. */
  readonly directory: string | null;
  /** Default 0. */
  readonly seed: number;
}

export type ParsedArguments =
  | ({ readonly kind: 'run' } & AloneArguments)
  | { readonly kind: 'help'; readonly text: string }
  /** One sentence, and the arguments that are allowed. */
  | { readonly kind: 'wrong'; readonly text: string };

/** Beside the hyperparameters; one that a script declares itself belongs to the script. */
const OPTIONS: Readonly<Record<string, string>> = {
  directory: '--directory=DIR  keep checkpoints and metrics in DIR, and resume from it (default: no files)',
  seed: '--seed=N  source of every random number (default 1)',
};

export function parseArguments(defaults: Hyperparameters, args: readonly string[]): ParsedArguments {
  const given: Record<string, Hyperparameter> = {};
  const options: Record<string, string> = {};
  try {
    for (let index = 0; index < args.length; index++) {
      const argument = args[index]!;
      const match = /^--([^=]+)(?:=(.*))?$/s.exec(argument);
      if (match === null) throw new WrongHyperparameter(`"${argument}" is no --name=value`);
      const name = match[1]!;
      const isHyperparameter = Object.hasOwn(defaults, name);
      if (name === 'help' && !isHyperparameter) return { kind: 'help', text: usage(defaults) };
      if (!isHyperparameter && !Object.hasOwn(OPTIONS, name)) {
        throw new WrongHyperparameter(`there is no argument --${name}`);
      }
      let text = match[2];
      if (text === undefined && !(args[index + 1] ?? '--').startsWith('--')) text = args[++index];
      if (isHyperparameter) given[name] = parseValue(name, defaults[name]!, text);
      else options[name] = required(name, text);
    }
    return {
      kind: 'run',
      hyperparameters: applyHyperparameters(defaults, given),
      directory: options['directory'] ?? null,
      seed: parseSeed(options['seed'] ?? '1'),
    };
  } catch (error) {
    if (!(error instanceof WrongHyperparameter)) throw error;
    return { kind: 'wrong', text: `${error.message}\n${usage(defaults)}` };
  }
}

// --- internal ---

function usage(defaults: Hyperparameters): string {
  const names = Object.entries(defaults).map(
    ([name, value]) => `--${name}=${kindOf(value).toUpperCase()}  (default ${JSON.stringify(value)})`,
  );
  const others = Object.keys(OPTIONS).filter((name) => !Object.hasOwn(defaults, name));
  return ['allowed are:', ...names, ...others.map((name) => OPTIONS[name]!)].join('\n  ');
}

function required(name: string, text: string | undefined): string {
  if (text === undefined || text === '') throw new WrongHyperparameter(`--${name} needs a value`);
  return text;
}

/** The default's type decides how the text is read; a bare flag is true. */
function parseValue(name: string, fallback: Hyperparameter, text: string | undefined): Hyperparameter {
  const kind = kindOf(fallback);
  if (kind === 'boolean' && text === undefined) return true;
  const given = required(name, text);
  if (kind === 'string') return given;
  if (kind === 'boolean') {
    if (/^true$/i.test(given)) return true;
    if (/^false$/i.test(given)) return false;
  } else if (kind === 'number') {
    const value = Number(given);
    if (given.trim() !== '' && Number.isFinite(value)) return value;
  } else {
    try {
      return JSON.parse(given) as Hyperparameter;
    } catch {
      if (kind === 'null') return given;
    }
  }
  throw new WrongHyperparameter(
    `--${name}=${given}: it must be a ${kind === 'list' || kind === 'object' ? `${kind} in JSON` : kind}`,
  );
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed <= 0xffffffff) return seed;
  throw new WrongHyperparameter(`--seed=${text}: it must be a whole number from 0 to 4294967295`);
}
