/** The CLI: parses, runs one command, prints an error as one line. Commands are loaded when they are called. */
import { readFileSync } from 'node:fs';
import { defineCommand, renderUsage, runCommand, type ArgsDef, type CommandDef } from 'citty';
import { CommandError } from './command-error.ts';
import { parseInvocation } from './environment.ts';

const commands = {
  dev: () => import('./commands/dev.ts'),
  worker: () => import('./commands/worker.ts'),
  check: () => import('./commands/check.ts'),
  start: () => import('./commands/start.ts'),
  status: () => import('./commands/status.ts'),
  trials: () => import('./commands/trials.ts'),
  logs: () => import('./commands/logs.ts'),
  pause: () => import('./commands/pause.ts'),
  resume: () => import('./commands/resume.ts'),
  concurrency: () => import('./commands/concurrency.ts'),
  'job-options': () => import('./commands/job-options.ts'),
  enqueue: () => import('./commands/enqueue.ts'),
  retry: () => import('./commands/retry.ts'),
  stop: () => import('./commands/stop.ts'),
  cancel: () => import('./commands/cancel.ts'),
  results: () => import('./commands/results.ts'),
  verify: () => import('./commands/verify.ts'),
  doctor: () => import('./commands/doctor.ts'),
} as const;

type Name = keyof typeof commands;
const isName = (word: string | undefined): word is Name => word !== undefined && word in commands;

/** @returns the exit code: 0, 1 for what went wrong, 2 for wrong arguments. */
export async function runMain(argv: readonly string[]): Promise<number> {
  const { args, variables } = parseInvocation(argv);
  Object.assign(process.env, variables); // Temporal's own environment configuration reads them from here
  try {
    return await dispatch(args);
  } catch (error) {
    if (error instanceof CommandError) {
      console.error(`temporal-sweep: ${error.message}`);
      return error.exitCode;
    }
    console.error(error);
    return 1;
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version') {
    console.log(version());
    return 0;
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(await overview());
    return name === undefined ? 2 : 0;
  }
  if (!isName(name)) throw new CommandError(`no command "${name}"; commands: ${Object.keys(commands).join(', ')}`, 2);
  const command = (await commands[name]()).default as unknown as CommandDef;
  const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest; // the others are for a script
  if (own.includes('--help') || own.includes('-h')) {
    console.log(await renderUsage(command, defineCommand({ meta: { name: 'temporal sweep' } })));
    return 0;
  }
  refuseUnknown(name, own, (command.args ?? {}) as ArgsDef);
  try {
    const { result } = await runCommand(command, { rawArgs: [...rest] });
    return typeof result === 'number' ? result : 0;
  } catch (error) {
    if (error instanceof Error && error.name === 'CLIError')
      throw new CommandError(`${error.message} (see: temporal sweep ${name} --help)`, 2);
    throw error;
  }
}

function refuseUnknown(name: string, rest: readonly string[], definition: ArgsDef): void {
  const allowed = Object.entries(definition).flatMap(([key, value]) => {
    if (value.type === 'positional') return [];
    const alias = 'alias' in value ? [value.alias ?? []].flat() : [];
    return [`--${key}`, `--no-${key}`, ...alias.map((short) => `-${short}`)];
  });
  const unknown = rest.find((word) => /^-{1,2}[a-z]/i.test(word) && !allowed.includes(word.split('=')[0]!));
  if (unknown === undefined) return;
  const list = allowed.filter((word) => !word.startsWith('--no-')).join(', ') || 'none';
  throw new CommandError(`temporal sweep ${name} has no option ${unknown.split('=')[0]}; its options: ${list}`, 2);
}

async function overview(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => {
      const { meta } = (await load()).default as unknown as CommandDef;
      const description = typeof meta === 'object' && meta !== null && 'description' in meta ? meta.description : '';
      return `  ${name.padEnd(12)} ${description}`;
    }),
  );
  return [
    'temporal sweep: hyper-parameter sweeps on preemptible SLURM partitions',
    '',
    'usage: temporal sweep <command> [options]      (or: temporal-sweep <command> …)',
    '',
    ...lines,
    '',
    'Connection: --address, --namespace, --profile, --api-key, or the environment and profiles of the Temporal CLI.',
    '`temporal sweep <command> --help` tells the options of one.',
  ].join('\n');
}

function version(): string {
  const file = new URL(
    import.meta.url.includes('/dist/') ? '../../../package.json' : '../../package.json',
    import.meta.url,
  );
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
