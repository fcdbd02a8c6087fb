/** Reads `scontrol show config`, `scontrol show partition -o` and `sacctmgr -P show associations`. Pure. */

export interface SiteConfig {
  /** By SLURM's own names; `(null)` and empty values are left out, since that is "not set". */
  readonly settings: Readonly<Record<string, string>>;
  /** When the controller answered, by its own clock; seconds since the epoch, null when it printed no number. */
  readonly asOf: number | null;
  /** Controllers as `primary at host is UP`, in SLURM's order. */
  readonly controllers: readonly string[];
}

export function parseConfig(stdout: string): SiteConfig {
  const settings: Record<string, string> = {};
  const controllers: string[] = [];
  for (const line of stdout.split('\n')) {
    // Further sections (cgroup.conf, …) repeat some names: the first one is slurm.conf's.
    const [, name, value] = /^([A-Za-z_]\w*(?:\[\d+\])?)\s*=\s?(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !isNothing(value)) settings[name] ??= value.trim();
    const controller = /^Slurmctld\((\w+)\) at (.*)$/.exec(line.trim());
    if (controller !== null) controllers.push(`${controller[1]} at ${controller[2]}`);
  }
  const asOf = /^Configuration data as of (\d+)\s*$/m.exec(stdout)?.[1];
  return { settings, asOf: asOf === undefined ? null : Number(asOf), controllers };
}

export interface Partition {
  readonly name: string;
  readonly isDefault: boolean;
  /** `UP`, `DOWN`, `DRAIN`, `INACTIVE`. */
  readonly state: string;
  /** `REQUEUE`, `CANCEL`, `SUSPEND`, `GANG,SUSPEND`, `OFF`; absent in very old releases: the cluster's. */
  readonly preemptMode: string;
  /** Seconds. */
  readonly graceTime: number;
  readonly maxTime: string;
  readonly priorityTier: number;
  /** Node list in SLURM's notation. */
  readonly nodes: string;
  readonly totalNodes: number;
  readonly allowAccounts: string;
  readonly allowQos: string;
}

/** A partition per line. */
export function parsePartitions(stdout: string): Partition[] {
  return stdout.split('\n').flatMap((line) => {
    const fields = new Map<string, string>();
    for (const word of line.trim().split(/\s+/)) {
      const at = word.indexOf('=');
      if (at > 0) fields.set(word.slice(0, at), word.slice(at + 1));
    }
    const name = fields.get('PartitionName');
    if (name === undefined) return [];
    const text = (key: string): string => fields.get(key) ?? '';
    return [
      {
        name,
        isDefault: text('Default') === 'YES',
        state: text('State'),
        preemptMode: text('PreemptMode'),
        graceTime: Number(text('GraceTime')) || 0,
        maxTime: text('MaxTime'),
        priorityTier: Number(text('PriorityTier')) || 0,
        nodes: text('Nodes'),
        totalNodes: Number(text('TotalNodes')) || 0,
        allowAccounts: text('AllowAccounts'),
        allowQos: text('AllowQos'),
      },
    ];
  });
}

export interface Association {
  readonly account: string;
  /** Empty: every partition. */
  readonly partition: string;
  readonly qos: string;
  /** Null: no limit of its own. */
  readonly maxJobs: number | null;
  readonly maxSubmit: number | null;
}

export function parseAssociations(stdout: string): Association[] {
  return stdout.split('\n').flatMap((line) => {
    const fields = line.split('|');
    if (fields.length < 5) return [];
    const [account = '', partition = '', qos = '', maxJobs = '', maxSubmit = ''] = fields;
    return [{ account, partition, qos, maxJobs: count(maxJobs), maxSubmit: count(maxSubmit) }];
  });
}

/** The words of a comma list such as SlurmctldParameters, `name` or `name=value`; null when it is not among them. */
export function parameter(list: string | undefined, name: string): string | true | null {
  for (const word of (list ?? '').split(',')) {
    const [key, value] = word.trim().split('=');
    if (key?.toLowerCase() === name) return value ?? true;
  }
  return null;
}

const isNothing = (value: string): boolean => /^\s*(\(null\)|N\/A)?\s*$/.test(value);

const count = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);
