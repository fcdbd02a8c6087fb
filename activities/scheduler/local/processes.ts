/** The processes of a job, found by `ps` so that it works without /proc. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

/** Whether a process group has members; zombies count. */
export function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Process ids of all members of these groups, of the session that the first one leads, and of their descendants.
 * Zombies are left out. Empty when `ps` cannot be run: then the groups are all there is to signal.
 */
export async function family(groups: readonly number[]): Promise<number[]> {
  const table = await processTable();
  const members = new Set(
    table.filter((entry) => groups.includes(entry.group) || entry.session === groups[0]).map((entry) => entry.pid),
  );
  for (let size = -1; size !== members.size;) {
    size = members.size;
    for (const entry of table) if (members.has(entry.parent)) members.add(entry.pid);
  }
  return table.filter((entry) => members.has(entry.pid) && !entry.zombie).map((entry) => entry.pid);
}

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly zombie: boolean;
}

async function processTable(): Promise<Entry[]> {
  try {
    const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,pgid=,sess=,stat=']);
    return stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields.length === 5)
      .map(([pid, parent, group, session, state]) => ({
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        session: Number(session),
        zombie: state!.startsWith('Z'),
      }));
  } catch {
    return [];
  }
}

/** When a process was born, in milliseconds since the epoch, to the second; null when it is gone or a zombie. */
export async function birth(pid: number): Promise<number | null> {
  try {
    const { stdout } = await run('env', ['LC_ALL=C', 'ps', '-o', 'stat=,lstart=', '-p', String(pid)]);
    const match = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout);
    return match === null || match[1]!.startsWith('Z') ? null : Date.parse(match[2]!);
  } catch {
    return null;
  }
}
