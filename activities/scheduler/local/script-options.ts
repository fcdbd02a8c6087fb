/** What a job asks for: the `#SBATCH` lines of its script, then its options, the later one winning. Pure. */
import { readSbatchLines } from '../sbatch-lines.ts';
import type { JobRequest } from '../port.ts';
import type { ClusterOptions, Partition } from './model.ts';
import { parseTimeLimit } from './time.ts';

export interface Wishes {
  readonly partition: Partition;
  readonly cpus: number;
  /** Absent: any node. */
  readonly nodes?: readonly string[];
  readonly limitMs: number | null;
  readonly held: boolean;
}

const LONG: Readonly<Record<string, string>> = {
  p: 'partition',
  t: 'time',
  c: 'cpus-per-task',
  n: 'ntasks',
  w: 'nodelist',
  H: 'hold',
};

/** Options of `#SBATCH` lines in all their spellings: `--time=1`, `--time 1`, `-t 1`, `-t1`. */
export function readOptions(lines: readonly string[]): Record<string, string | true> {
  const options: Record<string, string | true> = {};
  for (const line of lines) {
    const words = line
      .replace(/^#SBATCH\s+/, '')
      .replace(/\s#.*$/, '')
      .trim()
      .split(/\s+/);
    for (let index = 0; index < words.length; index++) {
      const match = /^(?:--([\w-]+)(?:=(.*))?|-(\w)(.*))$/.exec(words[index]!);
      if (match === null) continue;
      const name = match[1] ?? LONG[match[3]!] ?? match[3]!;
      const following = words[index + 1];
      const value =
        match[2] ?? (match[4] || undefined) ?? (following?.startsWith('-') === false ? following : undefined);
      options[name] = value === undefined ? true : value.replace(/^(["'])(.*)\1$/, '$2');
    }
  }
  return options;
}

/** @returns what the job wants, or why it cannot have it, in SLURM's words. */
export function readWishes(
  script: string,
  request: JobRequest,
  cluster: ClusterOptions,
): Wishes | { readonly refused: string } {
  const options = { ...readOptions(readSbatchLines(script).lines), ...request.options };
  const partition = options['partition'] ?? 'low';
  if (partition !== 'low' && partition !== 'high') {
    return {
      refused: `invalid partition specified: ${partition}\nBatch job submission failed: Invalid partition name specified`,
    };
  }
  const time = options['time'];
  const limitMs = time === undefined ? null : time === true ? undefined : parseTimeLimit(time);
  if (limitMs === undefined) return { refused: 'Invalid --time specification' };
  const cpus = count(options['cpus-per-task']) * count(options['ntasks']);
  if (!(cpus >= 1)) return { refused: `Invalid numeric value "${options['cpus-per-task']}" for --cpus-per-task.` };
  if (cpus > cluster.cpusPerNode) {
    return {
      refused: `Batch job submission failed: Requested node configuration is not available: ${cpus} CPUs, the nodes have ${cluster.cpusPerNode}`,
    };
  }
  const nodes = names(options['nodelist']);
  const unknown = nodes?.find((name) => !isNode(name, cluster));
  if (unknown !== undefined) return { refused: `Batch job submission failed: Invalid node name specified: ${unknown}` };
  return {
    partition,
    cpus: options['exclusive'] === undefined ? cpus : cluster.cpusPerNode,
    limitMs,
    held: options['hold'] !== undefined,
    ...(nodes !== undefined && { nodes }),
  };
}

const count = (value: string | true | undefined): number =>
  value === undefined ? 1 : /^\d+$/.test(String(value)) ? Number(value) : NaN;

const names = (list: string | true | undefined): string[] | undefined =>
  typeof list === 'string' ? list.split(',') : undefined;

const isNode = (name: string, cluster: ClusterOptions): boolean => {
  const number = /^n([1-9]\d*)$/.exec(name)?.[1];
  return number !== undefined && Number(number) <= cluster.nodes;
};
