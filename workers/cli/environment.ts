/**
 * The CLI's one reader of arguments and environment. The Temporal CLI runs us as `temporal sweep …`: it moves flags that
 * it knows itself to the front, so flags may stand before the subcommand.
 */
export interface Invocation {
  /** Arguments with the subcommand first; whatever follows `--` comes last, untouched. */
  readonly args: string[];
  /** Variables that Temporal's own environment configuration reads, from --address, --namespace, --profile, --api-key. */
  readonly variables: Readonly<Record<string, string>>;
}

const CONNECTION: Readonly<Record<string, string>> = {
  '--address': 'TEMPORAL_ADDRESS',
  '--namespace': 'TEMPORAL_NAMESPACE',
  '-n': 'TEMPORAL_NAMESPACE',
  '--profile': 'TEMPORAL_PROFILE',
  '--api-key': 'TEMPORAL_API_KEY',
};

const BOOLEAN = new Set([
  '--help',
  '-h',
  '--version',
  '--json',
  '--follow',
  '-f',
  '--keep',
  '--no-release',
  '--local',
  '--watch',
  '--allow-inline',
  '--fix',
  '--no-probe',
  '--rehearse',
  '--orphans',
  '--cancel',
  '--remove',
]);

export function parseInvocation(argv: readonly string[]): Invocation {
  const args: string[] = [];
  const flags: string[] = [];
  const variables: Record<string, string> = {};
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index]!;
    if (word === '--') return { args: [...args, ...flags, ...argv.slice(index)], variables };
    const [name, inline] = word.startsWith('--') && word.includes('=') ? split(word) : [word, undefined];
    const variable = CONNECTION[name];
    const takesValue = word.startsWith('-') && inline === undefined && !BOOLEAN.has(word);
    const value = takesValue ? argv[index + 1] : undefined;
    if (value !== undefined) index += 1;
    if (variable !== undefined) variables[variable] = inline ?? value ?? '';
    else if (!word.startsWith('-')) args.push(word);
    else if (value === undefined) flags.push(word);
    else flags.push(word, value);
  }
  return { args: [...args, ...flags], variables };
}

function split(word: string): [string, string] {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}
