/** What sweeps need of a Temporal server. {@link askTemporal} asks, {@link judgeTemporal} is pure. */
import type { Client, Connection } from '@temporalio/client';
import {
  createSearchAttributes,
  missingSearchAttributes,
  sweepSearchAttributes,
  type SearchAttributes,
} from '../stack/temporal-namespace.ts';
import { ok, problem, warning, type Finding } from './finding.ts';

/** What the server said to each question; a text is why it gave no answer. */
export interface TemporalFacts {
  readonly namespace: string;
  readonly version: string;
  /** Days for which histories of closed workflows are kept; null: there is no such namespace. */
  readonly retentionDays: number | null;
  readonly missingAttributes: readonly string[] | { readonly why: string };
  readonly taskQueue: string;
  /** Workers that poll the task queue for both workflows and activities. */
  readonly controlWorkers: number;
}

/** @param fix creates the search attributes that are missing. @throws the client's error when the server goes away. */
export async function askTemporal(client: Client, taskQueue: string, fix: boolean): Promise<TemporalFacts> {
  const namespace = client.options.namespace;
  const service = client.workflowService;
  const { serverVersion } = await service.getSystemInfo({});
  const retentionDays = await retention(client);
  if (retentionDays === null)
    return { namespace, version: serverVersion, retentionDays, missingAttributes: [], taskQueue, controlWorkers: 0 };
  const missingAttributes = await attributes(client, fix);
  const pollers = await Promise.all(
    // Temporal's TaskQueueType: workflow, activity.
    [1, 2].map(async (taskQueueType) => {
      const answer = await service.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType });
      return new Set(answer.pollers?.map(({ identity }) => identity));
    }),
  );
  const [workflows, activities] = pollers as [Set<unknown>, Set<unknown>];
  const controlWorkers = [...workflows].filter((identity) => activities.has(identity)).length;
  return { namespace, version: serverVersion, retentionDays, missingAttributes, taskQueue, controlWorkers };
}

export function unreachable(message: string): Finding {
  return problem(
    'Temporal',
    message,
    'nothing can be started or resumed without it',
    'start it, or name yours: --address HOST:PORT, TEMPORAL_ADDRESS, or a profile of `temporal config set`',
  );
}

export function judgeTemporal(facts: TemporalFacts, address: string): Finding[] {
  const reached = ok('server', `${facts.version || 'reachable'} at ${address}`, 'sweeps and trials can live here');
  if (facts.retentionDays === null) {
    const found = `no namespace "${facts.namespace}"`;
    const create = `create it: temporal operator namespace create --retention 30d ${facts.namespace}`;
    return [
      reached,
      problem('namespace', found, 'sweeps have nowhere to live', `${create}; or name another: --namespace`),
    ];
  }
  return [
    reached,
    ok('namespace', facts.namespace, 'it exists'),
    judgeRetention(facts.retentionDays, facts.namespace),
    judgeAttributes(facts.missingAttributes),
    judgeWorkers(facts.controlWorkers, facts.taskQueue),
  ];
}

// --- internal ---

function judgeRetention(days: number, namespace: string): Finding {
  const found = `${Number(days.toFixed(1))} days`;
  if (days > 1)
    return ok('retention', found, 'histories of ended trials stay readable that long; results stay in files');
  return warning(
    'retention',
    found,
    'ended trials vanish from the Web UI while their sweep may still run; results stay in files',
    `temporal operator namespace update --retention 30d -n ${namespace}`,
  );
}

function judgeAttributes(missing: TemporalFacts['missingAttributes']): Finding {
  const meaning = 'trials cannot be filtered by them in the Web UI; sweeps work without';
  const all = Object.keys(sweepSearchAttributes).join(', ');
  if ('why' in missing)
    return warning('search attributes', missing.why, meaning, `let an administrator look for and create ${all}`);
  if (missing.length === 0)
    return ok('search attributes', 'all six', 'trials can be filtered in the Web UI and by the CLI');
  return warning(
    'search attributes',
    `missing: ${missing.join(', ')}`,
    meaning,
    'temporal sweep doctor --fix creates them',
  );
}

function judgeWorkers(count: number, taskQueue: string): Finding {
  if (count > 0)
    return ok('control worker', `${count} on task queue ${taskQueue}`, 'sweeps that are started now begin at once');
  return warning(
    'control worker',
    `none polls task queue ${taskQueue}`,
    'sweeps wait until one runs; running trials train on but are not requeued',
    'run one where the SLURM commands are: temporal sweep worker --root DIR',
  );
}

async function retention(client: Client): Promise<number | null> {
  try {
    const { config } = await client.workflowService.describeNamespace({ namespace: client.options.namespace });
    return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400;
  } catch (error) {
    if ((error as { code?: number }).code === NOT_FOUND) return null;
    throw error;
  }
}

/** gRPC's code. */
const NOT_FOUND = 5;

async function attributes(client: Client, fix: boolean): Promise<TemporalFacts['missingAttributes']> {
  const { connection } = client;
  const { namespace } = client.options;
  try {
    const missing = await missingSearchAttributes(connection as Connection, namespace, sweepSearchAttributes);
    if (missing.length === 0 || !fix) return missing;
    const wanted: SearchAttributes = Object.fromEntries(missing.map((name) => [name, sweepSearchAttributes[name]!]));
    await createSearchAttributes(connection as Connection, namespace, wanted);
    return await seen(client);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

/** A new attribute shows after some seconds. @returns what is still missing then. */
async function seen({ connection, options: { namespace } }: Client): Promise<string[]> {
  for (const until = Date.now() + 20_000; ;) {
    const missing = await missingSearchAttributes(connection as Connection, namespace, sweepSearchAttributes);
    if (missing.length === 0 || Date.now() > until) return missing;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
