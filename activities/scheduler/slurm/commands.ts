/** The one owner of SLURM's commands: runs one, tells its observers what it cost, and says what came of it. */
import { execa } from 'execa';
import type { SchedulerCall } from '../port.ts';
import { isUnheard } from './errors.ts';

export interface CommandResult {
  /** Null when the command could not run or did not end in time: nothing is known of what it did. */
  readonly code: number | null;
  readonly stdout: string;
  /** stderr without surrounding blanks; or why the command has no code. */
  readonly message: string;
  /** SLURM asked for fewer calls, or was slow: see `SchedulerCall`. */
  readonly throttled: boolean;
}

export interface CommandsOptions {
  /** The commands' whole environment. PATH names SLURM's clients, SLURM_CONF the cluster where it is not the default one. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which a command is killed. Default 30,000. */
  readonly timeoutMs?: number;
  /** Told of every command when it is over. */
  readonly observe?: (call: SchedulerCall) => void;
}

/** `query` forces plain texts and epoch seconds; `act` leaves the environment alone, since sbatch hands it to the job. */
export type CommandKind = 'query' | 'act';

export type RunCommand = (kind: CommandKind, name: string, args: readonly string[]) => Promise<CommandResult>;

export function createCommands(options: CommandsOptions): { readonly run: RunCommand } {
  const plain = withoutJob(options.environment);
  const forQueries = { ...plain, LC_ALL: 'C', SLURM_TIME_FORMAT: '%s' };
  const run: RunCommand = async (kind, name, args) => {
    const began = performance.now();
    const ended = await execa(name, args, {
      env: kind === 'query' ? forQueries : plain,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: options.timeoutMs ?? 30_000,
      maxBuffer: 256 * 1024 * 1024,
    });
    const milliseconds = performance.now() - began;
    const throttled = milliseconds >= SLOW || RATE_LIMITED.test(ended.stderr);
    const result: CommandResult =
      ended.exitCode === undefined
        ? { code: null, stdout: '', message: whyNoCode(name, ended), throttled }
        : { code: ended.exitCode, stdout: ended.stdout, message: ended.stderr.trim(), throttled };
    options.observe?.({ command: name, milliseconds, result: verdict(result), throttled });
    return result;
  };
  return { run };
}

/**
 * slurmctld's limit per user (rl_enable): the client sleeps 1 s, 2 s … and asks again by itself. It says so only when verbose,
 * or when it gives up; else nothing but the time shows it.
 */
const RATE_LIMITED = /\bRPC (rate )?limit|rate limit exceeded/i;
/** Milliseconds; the client's first two sleeps and more than any answer of a controller at ease. */
const SLOW = 2_500;

function verdict(result: CommandResult): SchedulerCall['result'] {
  if (result.code === 0) return 'ok';
  return isUnheard(result) ? 'unanswered' : 'refused';
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
