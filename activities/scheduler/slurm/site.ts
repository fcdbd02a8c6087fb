/** What a SLURM cluster allows, asked once: read-only commands, a handful in all (P10). Never throws. */
import { userInfo } from 'node:os';
import type { Query } from '../port.ts';
import { createCommands, type CommandResult } from './commands.ts';
import { ownWords } from './errors.ts';
import { parseAssociations, parseConfig, parsePartitions } from './site-parse.ts';
import type { Association, Partition, SiteConfig } from './site-parse.ts';

export interface Site {
  /** Those of the client commands a sweep needs that are not on PATH. */
  readonly missing: readonly string[];
  readonly config: Query<SiteConfig>;
  readonly partitions: Query<readonly Partition[]>;
  /** Of our own user; empty where there is no accounting database. */
  readonly associations: Query<readonly Association[]>;
  /**
   * Milliseconds by which the controller's clock is ahead of this host's: at least and at most, since SLURM tells whole
   * seconds. Null when it did not tell.
   */
  readonly controllerAhead: { readonly least: number; readonly most: number } | null;
}

export interface SiteOptions {
  /** Whole environment of the commands. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until a command counts as unanswered. Default 10,000. */
  readonly timeoutMs?: number;
}

const NEEDED = ['sbatch', 'squeue', 'scontrol', 'scancel', 'srun'];

export async function readSite({ environment, timeoutMs = 10_000 }: SiteOptions): Promise<Site> {
  const { run } = createCommands({ environment, timeoutMs });
  const missing: string[] = [];
  for (const name of NEEDED) {
    if ((await run('query', name, ['--version'])).message.includes('was not found on PATH')) missing.push(name);
  }
  const asked = Date.now();
  const config = answer(await run('query', 'scontrol', ['show', 'config']), parseConfig);
  const answered = Date.now();
  const partitions = answer(await run('query', 'scontrol', ['show', 'partition', '--oneliner']), parsePartitions);
  const hasDatabase = config.kind === 'answer' && /slurmdbd/.test(config.value.settings['AccountingStorageType'] ?? '');
  const associations: Site['associations'] = hasDatabase
    ? answer(await run('query', 'sacctmgr', associationArguments()), parseAssociations)
    : { kind: 'answer', value: [] };
  return { missing, config, partitions, associations, controllerAhead: ahead(config, asked, answered) };
}

/** As the time limit would: SIGUSR1 reaches the batch shell alone. @returns null, or SLURM's own words. */
export async function notifyBatchShell(jobId: string, environment: SiteOptions['environment']): Promise<string | null> {
  const { run } = createCommands({ environment, timeoutMs: 10_000 });
  const result = await run('act', 'scancel', ['--signal=USR1', '--batch', jobId]);
  return result.code === 0 ? null : ownWords(result.message);
}

/** Ids of all users' running jobs on a node, as far as we may see them. */
export async function jobsOnNode(node: string, environment: SiteOptions['environment']): Promise<Query<string[]>> {
  const { run } = createCommands({ environment, timeoutMs: 10_000 });
  const running = '--states=RUNNING,SUSPENDED,COMPLETING';
  const result = await run('query', 'squeue', ['--noheader', `--nodelist=${node}`, running, '--format=%A']);
  return answer(result, (stdout) =>
    stdout
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  );
}

// --- internal ---

const associationArguments = (): string[] => [
  '--noheader',
  '--parsable2',
  'show',
  'associations',
  `where`,
  `user=${userInfo().username}`,
  'format=Account,Partition,QOS,MaxJobs,MaxSubmit',
];

function answer<T>(result: CommandResult, parse: (stdout: string) => T): Query<T> {
  if (result.code === 0) return { kind: 'answer', value: parse(result.stdout) };
  return { kind: 'unknown', message: ownWords(result.message) || `ended with code ${result.code}` };
}

function ahead(config: Site['config'], asked: number, answered: number): Site['controllerAhead'] {
  if (config.kind === 'unknown' || config.value.asOf === null) return null;
  const told = config.value.asOf * 1_000;
  return { least: told - answered, most: told + 1_000 - asked };
}
