/** The one owner of SLURM's commands: runs one, counts it, and says what came of it. */
import { execa } from 'execa';

export interface CommandResult {
  /** Null when the command could not run or did not end in time: nothing is known of what it did. */
  readonly code: number | null;
  readonly stdout: string;
  /** stderr without surrounding blanks; or why the command has no code. */
  readonly message: string;
}

export interface CommandsOptions {
  /** The commands' whole environment. PATH names SLURM's clients, SLURM_CONF the cluster where it is not the default one. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which a command is killed. Default 30,000. */
  readonly timeoutMs?: number;
}

/** `query` forces plain texts and epoch seconds; `act` leaves the environment alone, since sbatch hands it to the job. */
export type CommandKind = 'query' | 'act';

export type RunCommand = (kind: CommandKind, name: string, args: readonly string[]) => Promise<CommandResult>;

export function createCommands(options: CommandsOptions): { run: RunCommand; calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const plain = withoutJob(options.environment);
  const forQueries = { ...plain, LC_ALL: 'C', SLURM_TIME_FORMAT: '%s' };
  const run: RunCommand = async (kind, name, args) => {
    calls[name] = (calls[name] ?? 0) + 1;
    const result = await execa(name, args, {
      env: kind === 'query' ? forQueries : plain,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: options.timeoutMs ?? 30_000,
      maxBuffer: 256 * 1024 * 1024,
    });
    if (result.exitCode === undefined) return { code: null, stdout: '', message: whyNoCode(name, result) };
    return { code: result.exitCode, stdout: result.stdout, message: result.stderr.trim() };
  };
  return { run, calls };
}

/** Variables of a job that the control worker itself may run in; above all a restart count that the new job would inherit. */
function withoutJob(environment: CommandsOptions['environment']): Record<string, string | undefined> {
  const kept = (name: string) => !/^SLURMD?_/.test(name) || /^SLURM_(CONF|CLUSTERS|JWT|DEBUG_FLAGS)/.test(name);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => kept(name)));
}

interface Failure {
  readonly timedOut: boolean;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly shortMessage?: string | undefined;
  /** Why it was still trying, if it said. */
  readonly stderr?: string | undefined;
}

function whyNoCode(name: string, failure: Failure): string {
  if (failure.timedOut) return [`${name} did not answer in time.`, failure.stderr?.trim()].filter(Boolean).join('\n');
  if (failure.code === 'ENOENT')
    return `${name} was not found on PATH: SLURM's client commands are not installed here.`;
  if (failure.signal !== undefined) return `${name} was ended by ${failure.signal}.`;
  return failure.shortMessage ?? `${name} could not be run.`;
}
