/**
 * SLURM's memory of users, limits and ended jobs, for a private cluster: a mariadbd that listens on a socket only its
 * user can reach, and slurmdbd before it. Nothing of a database that the machine has is touched.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { findExecutable } from './executables.ts';
import { CLUSTER_NAME } from './slurm-conf.ts';

export interface AccountingOptions {
  /** Limits by QOS, in sacctmgr's words: `{ narrow: 'MaxSubmitJobsPerUser=2' }`. The cluster's user may name each. @default none */
  readonly qos?: Readonly<Record<string, string>>;
}

const names = ['mariadbd', 'slurmdbd', 'sacctmgr'] as const;
export type AccountingPrograms = Readonly<Record<(typeof names)[number], string>>;

/** Throws with the sentence that tells how to get what is missing. */
export function findAccountingPrograms(): AccountingPrograms {
  const found = names.map((name) => [name, findExecutable(name)] as const);
  const missing = found.filter(([, file]) => file === null).map(([name]) => name);
  if (missing.length > 0) {
    throw new Error(
      `accounting for a private SLURM needs ${missing.join(', ')}, which this machine lacks. ` +
        'On Debian or Ubuntu: apt-get install --no-install-recommends slurmdbd mariadb-server-core',
    );
  }
  return Object.fromEntries(found) as AccountingPrograms;
}

export const databaseSocket = (base: string): string => join(base, 'database', 'socket');

/** Small, and without a disk's round trip per transaction: a test's accounting may lose its last second in a power cut. */
export const mariadbdArguments = (base: string): string[] => [
  '--no-defaults',
  `--user=${userInfo().username}`,
  `--datadir=${join(base, 'database', 'data')}`,
  `--socket=${databaseSocket(base)}`,
  '--skip-networking',
  '--skip-grant-tables',
  '--innodb-buffer-pool-size=64M',
  '--innodb-log-file-size=8M',
  '--innodb-flush-log-at-trx-commit=0',
  '--performance-schema=off',
];

/** The folder that keeps others from the socket, and the system tables: slurmdbd needs stored procedures. Made once. */
export async function prepareDatabase(programs: AccountingPrograms, base: string): Promise<void> {
  const folder = join(base, 'database');
  const [data, unfinished] = [join(folder, 'data'), join(folder, 'unfinished')];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(data)) return;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(join(unfinished, 'mysql'), { recursive: true });
  const args = [...mariadbdArguments(base), `--datadir=${unfinished}`, '--bootstrap'];
  await execa(programs.mariadbd, args, { input: `use mysql;\n${systemTables()}`, timeout: 60_000 });
  renameSync(unfinished, data);
}

function systemTables(): string {
  const files = ['mysql', 'mariadb'].map((name) => `/usr/share/${name}/mysql_system_tables.sql`);
  const file = files.find((path) => existsSync(path));
  if (file === undefined) throw new Error(`none of ${files.join(', ')} is there: is MariaDB's server installed whole?`);
  return readFileSync(file, 'utf8');
}

/** slurmdbd looks for its configuration beside slurm.conf, and refuses one that others may read. */
export function writeSlurmdbdConf(directory: string, base: string, port: number): void {
  const text = `AuthType=auth/munge
AuthInfo=socket=${base}/run/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=${port}
SlurmUser=${userInfo().username}
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm
LogFile=${base}/log/slurmdbd.log
PidFile=${base}/run/slurmdbd.pid
`;
  const file = join(directory, 'slurmdbd.conf');
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600 });
}

/** Cluster, account, user and QOS: without an association slurmctld would take no job. What is there already stays. */
export async function register(
  programs: AccountingPrograms,
  confPath: string,
  { qos = {} }: AccountingOptions,
): Promise<void> {
  const user = userInfo().username;
  const sacctmgr = async (...words: string[]): Promise<void> => {
    const result = await execa(programs.sacctmgr, ['--immediate', ...words], {
      env: { SLURM_CONF: confPath },
      reject: false,
      all: true,
      timeout: 20_000,
    });
    if (result.exitCode !== 0 && !/already exists|nothing (new )?(added|modified)/i.test(result.all))
      throw new Error(`the private SLURM did not start: sacctmgr ${words.join(' ')}: ${result.all}`);
  };
  await sacctmgr('add', 'cluster', CLUSTER_NAME);
  await sacctmgr('add', 'account', CLUSTER_NAME);
  await sacctmgr('add', 'user', user, `account=${CLUSTER_NAME}`);
  for (const [name, limits] of Object.entries(qos)) {
    await sacctmgr('add', 'qos', name);
    await sacctmgr('modify', 'qos', name, 'set', ...limits.split(' '));
    await sacctmgr('modify', 'user', user, 'set', `qos+=${name}`);
  }
}
